"""Where code and files come from."""

import hashlib
import subprocess
from pathlib import Path

from .version import __version__


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
