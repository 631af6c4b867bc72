"""Files that are there whole or not at all."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
READABLE = 0o644  # by all, as ordinary files are; temporary ones are their owner's alone


@contextmanager
def writing(path: str | Path) -> Iterator[str]:
    """Gives the name of a file to write, which takes the place of another when all of it is written.

    Args:
        path: Where it will be; its folder is made.

    Yields:
        The name of an empty file beside it, which is removed if anything fails.

    Raises:
        OSError: If it cannot be written; names the disk.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}')
    os.close(handle)
    try:
        yield temporary
        os.chmod(temporary, READABLE)
        os.replace(temporary, path)
    except BaseException as error:
        os.remove(temporary)
        fault = system_error(error)
        if fault is None:
            raise
        raise OSError(f'{path} cannot be written: {_told(fault, path.parent)}') from error


@contextmanager
def full_disk_named(folder: str | Path) -> Iterator[None]:
    """Says which disk is full where another library writes, whose error does not.

    Args:
        folder: What it writes to.

    Raises:
        OSError: If there is no space left for a file.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise OSError(f'a file in {folder} cannot be written: {_told(error, Path(folder))}') from error


def system_error(error: BaseException | None) -> OSError | None:
    """What the system refused, which a library may have covered by an error of its own; None if it refused nothing."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error
        error = error.__cause__ or error.__context__
    return None


def _told(error: OSError, folder: Path) -> str:
    """The system's reason, and what is left on the disk."""
    disk = folder.resolve()
    while not disk.exists() or not os.path.ismount(disk) and disk != disk.parent:
        disk = disk.parent
    return f'{error.strerror}; the disk at {disk} has {shutil.disk_usage(disk).free / 1e6:.1f} MB left'


def require_writable(path: str | Path, name: str) -> None:
    """Refuses, before any work, a file that could not be written after it.

    Args:
        path: The file; folders that do not exist are made later.
        name: What names it, for the message.

    Raises:
        ValueError: If it is a folder, or lies in what is no folder or may not be written to.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f'{name} {path} is a folder; name the file to write')
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise ValueError(f'{name} {path} lies in {above}, which is no folder; name another place')
    if not os.access(above, os.W_OK):
        raise ValueError(f'{name} {path} lies in {above}, which you may not write to; name another place')


def require_picture(path: str | Path, name: str) -> None:
    """Refuses, before any work, a picture that could not be written after it.

    Args:
        path: The file.
        name: What names it, for the message.

    Raises:
        ValueError: If its ending is of no kind of picture, or :func:`require_writable` refuses it.
    """
    if not cv2.haveImageWriter(str(path)):
        raise ValueError(f'{name} {path} ends in no kind of picture that can be written; name it .png, .jpg or .webp')
    require_writable(path, name)


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file.

    Args:
        path: The file.
        text: What it is to hold.
    """
    write_bytes(path, text.encode())


def write_bytes(path: str | Path, content: bytes) -> None:
    """Writes a file of any kind."""
    with writing(path) as temporary, open(temporary, 'wb') as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # a disk over a network tells no earlier that it is full


def write_json(path: str | Path, content: Any) -> None:
    """Writes plain values.

    Args:
        path: The file.
        content: JSON has no word for NaN: where a mean is of nothing, there stands null.
    """
    write_text(path, json.dumps(_plain(content), indent=1, allow_nan=False) + '\n')


def write_picture(path: str | Path, picture: np.ndarray) -> None:
    """Writes a picture.

    Args:
        path: The file; its ending says the kind.
        picture: (H, W, 3), RGB, uint8.
    """
    _, content = cv2.imencode(Path(path).suffix, np.ascontiguousarray(picture[..., ::-1]))
    write_bytes(path, content.tobytes())


def _plain(value: Any) -> Any:
    """The same with NaN as None."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and value != value else value
