"""Writes a region store so that an interrupted run loses nothing.

Records are appended to ``PATH.partial`` in the order of the names, each with a checksum. A writer that continues
removes an incomplete last record and goes on with the next image. So the finished file is the same, byte for byte, for
any number of interruptions and workers. It is renamed to ``PATH`` only when it is complete.
"""

import os
from collections.abc import Sequence
from typing import Any

from .coding import HEAD, DamagedRecord, check_whole, record_length, summarise
from .file_format import canonical, index, preamble, read_preamble, sort_names, to_name

PARTIAL = '.partial'


class StoreWriter:
    """Writes a region store, or continues one where an earlier writer ended.

    Args:
        path: The file to write; it must not exist.
        options: Options of the generator.
        names: Names of the images.

    Attributes:
        names: The names in the order of the store.
        done: How many of them have a record; :meth:`add` takes the record of the next one.

    Raises:
        FileExistsError: If the store exists.
        BlockingIOError: If another process is writing it.
        ValueError: If the unfinished store has other options or images.
    """

    def __init__(self, path: str, options: dict[str, Any], names: Sequence[str]) -> None:
        self.path, self.partial = path, path + PARTIAL
        self._refuse_existing()
        self.options, self.keys = options, sort_names(names)
        self.names = [to_name(key) for key in self.keys]
        self._about = dict(planes=0, regions=0, empty=0, absent=0)
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        self._file = open(self.partial, 'a+b')  # noqa: SIM115, closed by close() or finish()
        try:
            _lock(self._file.fileno(), self.partial)
            self._refuse_existing()  # it may have been finished before the lock was free
            self._places = [self._begin()]
            self._resume()
        except BaseException:
            self._file.close()
            raise

    @property
    def done(self) -> int:
        """Number of records written."""
        return len(self._places) - 1

    def _refuse_existing(self) -> None:
        """Raises an error if the store exists already."""
        if os.path.exists(self.path):
            raise FileExistsError(f'{self.path} exists already: choose another file, or remove it to make it again')

    def _begin(self) -> int:
        """Writes the preamble, or checks the existing one; returns its length in bytes."""
        start = preamble(self.options, self.keys)
        self._file.seek(0)
        found = self._file.read(len(start))
        if found == start:
            return len(start)
        if not start.startswith(found):
            self._refuse_other()
        self._file.truncate(0)  # new, or torn in the preamble
        self._file.write(start)
        return len(start)

    def _resume(self) -> None:
        """Keeps complete records, and removes what follows them."""
        self._file.seek(self._places[0])
        while self.done < len(self.keys):
            head = self._file.read(HEAD.size)
            try:
                check_whole(head + self._file.read(record_length(head) - HEAD.size))
            except DamagedRecord:
                break
            self._count(head)
        self._file.truncate(self._places[-1])

    def _count(self, head: bytes) -> None:
        """Notes where a record ends and adds it to the counts."""
        image = summarise(head)
        self._places.append(self._places[-1] + record_length(head))
        self._about['planes'] = max(self._about['planes'], image.planes)
        self._about['regions'] += image.regions
        self._about['absent'] += image.height == 0
        self._about['empty'] += image.height > 0 and image.regions == 0

    def _refuse_other(self) -> None:
        """Raises an error that says how the unfinished store differs."""
        self._file.seek(0)
        known, _ = read_preamble(self._file, self.partial)
        if canonical(known['options']) != canonical(self.options):
            what = f'with the options {canonical(known["options"])}, not {canonical(self.options)}'
        else:
            what = f'for {known["images"]} images, which are not the {len(self.keys)} of now'
        raise ValueError(f'{self.partial} was begun {what}: continue with the same options and images, or remove it')

    def add(self, record: bytes) -> None:
        """Writes the record of the next image."""
        self._file.write(record)
        self._file.flush()
        self._count(record)

    def close(self) -> None:
        """Closes the unfinished store; another writer can continue it."""
        self._file.close()

    def finish(self) -> None:
        """Writes the index, flushes the file to disk, and renames it to its final name.

        Raises:
            RuntimeError: If records are missing.
            ValueError: If no image has a region; the unfinished store is then removed.
        """
        if self.done < len(self.keys):
            raise RuntimeError(f'{self.partial} has {self.done} of {len(self.keys)} records')
        if not self._about['regions']:
            os.remove(self.partial)
            raise ValueError(
                f'{self.path} is not made: none of the {len(self.keys)} images has a region, so that there is nothing '
                "to learn from; give annotations of these images, or other options of the regions' method"
            )
        self._file.write(index(self.keys, self._places, self._about))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._refuse_existing()
        os.replace(self.partial, self.path)
        self._file.close()
        _sync_folder(self.path)


def _sync_folder(path: str) -> None:
    """Flushes a new file name to disk, where the system allows it."""
    if hasattr(os, 'O_DIRECTORY'):
        handle = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _lock(handle: int, path: str) -> None:
    """Locks the file for one writer; the lock ends with the process, and forked processes do not hold it."""
    try:
        import fcntl  # late: only on POSIX systems
    except ImportError:
        return
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(f'another process is writing {path}: wait until it ends') from None
