"""Files that one process holds, with the processes that it starts, until the last of them ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, busy: Callable[[], None]) -> Iterator[int]:
    """Holds a file; a process that gets its handle (``pass_fds``) holds it too, also where this one is killed.

    Args:
        path: The file; it is made, and stays.
        busy: Called where another process holds it. Unless it raises an error, that one's end is waited for.

    Yields:
        The file's handle.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
