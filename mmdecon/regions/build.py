"""Making a store of regions of a folder's images, by all cores."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np

from ..images.reading import UnreadableImage, read_image
from .base import RegionGenerator
from .coding import check_made, encode, encode_absent
from .journal import StoreWriter

AHEAD = 16  # images per worker that may be under way, so that a slow one holds nobody up
CHOICES = dict(unreadable=('stop', 'skip'), empty=('stop', 'keep'))


class Job(NamedTuple):
    """What a worker needs to know.

    Attributes:
        folder: The names' root.
        generator: What makes the regions.
        unreadable: ``stop`` at an image that cannot be read, or ``skip`` it.
        empty: ``stop`` at an image without any region, or ``keep`` it.
    """

    folder: str
    generator: RegionGenerator
    unreadable: str = 'stop'
    empty: str = 'stop'


def make_store(
    job: Job, names: list[str], out: str, workers: int = 0, progress: Callable[[int, int], None] | None = None
) -> int:
    """Makes a store; continues one that was interrupted.

    Args:
        job: What to make, of what.
        names: Paths of the images below ``job.folder``.
        out: The file to make. Its bytes depend on the images and the options alone.
        workers: Processes; 0 for none but this one.
        progress: Called with how many images are done, and of how many.

    Returns:
        How many images were done here, and not by an earlier, interrupted call.

    Raises:
        FileExistsError: If ``out`` exists.
        UnreadableImage: If an image cannot be read.
        ValueError: If ``job`` makes no sense, the generator fails (the message names the image), or the store was begun
            otherwise.
    """
    for key, known in CHOICES.items():
        if getattr(job, key) not in known:
            raise ValueError(f'{key}={getattr(job, key)!r}: give one of {", ".join(map(repr, known))}')
    writer = StoreWriter(out, job.generator.options, names)
    try:
        before = writer.done
        for record in _records(job, writer.names[before:], workers):
            writer.add(record)
            if progress:
                progress(writer.done, len(names))
        writer.finish()
    finally:
        writer.close()
    return len(names) - before


def make_record(job: Job, name: str) -> bytes:
    """Makes the regions of one image and packs them.

    Raises:
        UnreadableImage: If it cannot be read and ``job.unreadable`` is ``stop``.
        ValueError: If the generator fails or makes no regions.
    """
    try:
        image = read(job.folder, name)
    except UnreadableImage as error:
        if job.unreadable == 'stop':
            raise UnreadableImage(f'{error}; repair or remove it, or go on without it by --unreadable skip') from error
        return encode_absent(str(error))
    return encode(generate(job.generator, image, name, job.empty))


def read(folder: str, name: str) -> np.ndarray:
    """Reads an image by its name, (H, W, 3), uint8, BGR."""
    return read_image(os.path.join(folder, name))


def generate(generator: RegionGenerator, image: np.ndarray, name: str, empty: str = 'stop') -> np.ndarray:
    """Makes and checks the regions of one image; whatever goes wrong, the error names the image.

    Args:
        generator: What makes them.
        image: (H, W, 3), uint8, BGR.
        name: The image's.
        empty: ``stop`` at an image without any region, or ``keep`` it.

    Returns:
        (H, W, S), int32.

    Raises:
        ValueError: If the generator fails or makes no regions.
    """
    try:
        regions = generator(image, name)
    except Exception as error:  # a generator of anybody's may raise anything
        if isinstance(error, ValueError) and name in str(error):
            raise
        raise ValueError(f'the regions of {name} cannot be made: {type(error).__name__}: {error}') from error
    return check_made(regions, image, name, empty)


def _records(job: Job, names: list[str], workers: int) -> Iterator[bytes]:
    """Makes the records in order, several at a time."""
    if not workers:
        yield from (make_record(job, name) for name in names)
        return
    waiting: deque[Future[bytes]] = deque()
    pool = ProcessPoolExecutor(workers, initializer=_start, initargs=(job,))
    try:
        for name in names:
            waiting.append(pool.submit(_work, name))
            if len(waiting) >= workers * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


_known: dict[str, Job] = {}  # of a worker, set when it starts


def _start(job: Job) -> None:
    """Prepares a worker: one thread, deaf to Ctrl-C, which its parent answers, and gone when its parent is."""
    _known['job'] = job
    cv2.setNumThreads(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """Ends this process when its parent has ended; a killed one does not tell its workers."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a worker
    parent.join()
    os._exit(1)


def _work(name: str) -> bytes:
    """Makes a record in a worker."""
    return make_record(_known['job'], name)
