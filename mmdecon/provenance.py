"""Where code and files come from."""

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from .version import __version__

KEY, TENSORS = 'mmdecon', 'tensors_sha256'  # of a checkpoint's meta; what an export has in it


def code() -> dict[str, str]:
    """The version of mmdecon and, where it runs from a git checkout, the commit, with ``+`` if files were changed."""
    folder = Path(__file__).parent
    describe = ['git', '-C', str(folder), 'describe', '--always', '--abbrev=40', '--exclude=*', '--dirty=+']
    try:
        done = subprocess.run(describe, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return dict(version=__version__)
    return dict(version=__version__, commit=done.stdout.strip()) if done.returncode == 0 else dict(version=__version__)


def file_digest(path: str) -> str:
    """SHA-256 of a file."""
    total = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def tensors_digest(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of names and tensors."""
    total = hashlib.sha256()
    for name in sorted(state):
        total.update(name.encode())
        total.update(state[name].contiguous().numpy().tobytes())
    return total.hexdigest()


def origin(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a checkpoint's ``meta`` tells of mmdecon; empty for others'."""
    meta = content.get('meta')
    about = meta.get(KEY) if isinstance(meta, Mapping) else None
    return about if isinstance(about, dict) else {}


def require_as_exported(content: Mapping[str, Any], name: str) -> None:
    """Refuses an export whose tensors were changed since, which torch reads without a word.

    Args:
        content: A checkpoint; one that is no export passes.
        name: Its file, for the message.

    Raises:
        ValueError: If so.
    """
    told = origin(content).get(TENSORS)
    if told is not None and tensors_digest(content['state_dict']) != told:
        raise ValueError(f'{name} is damaged: its tensors are not those that were exported; export again')
