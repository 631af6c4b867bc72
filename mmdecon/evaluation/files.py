"""Files that are there whole or not at all."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import mmcv
import numpy as np


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file; an existing one is replaced when the new one is complete.

    Args:
        path: The file; its folder is made.
        text: What it is to hold.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}')
    try:
        with os.fdopen(handle, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.remove(temporary)
        raise


def write_json(path: str | Path, content: Any) -> None:
    """Writes plain values.

    Args:
        path: The file.
        content: JSON has no word for NaN: where a mean is of nothing, there stands null.
    """
    write_text(path, json.dumps(_plain(content), indent=1, allow_nan=False) + '\n')


def write_picture(path: str | Path, picture: np.ndarray) -> None:
    """Writes a picture (H, W, 3), RGB, uint8."""
    mmcv.imwrite(np.ascontiguousarray(picture[..., ::-1]), str(path))


def _plain(value: Any) -> Any:
    """The same with NaN as None."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and value != value else value
