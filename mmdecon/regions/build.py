"""Makes a region store for the images of a folder, with several worker processes."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, NamedTuple

import cv2
import numpy as np

from ..images.errors import UnreadableImage, advise
from ..images.reading import read_image
from .base import RegionGenerator
from .by_name import FoundByName
from .coding import check_made, encode, encode_absent
from .journal import StoreWriter
from .rasters import RasterImages

AHEAD = 16  # images per worker that may be in progress, so that one slow image does not stop the other workers
CHOICES = dict(unreadable=('stop', 'skip'), empty=('stop', 'keep'))


class Job(NamedTuple):
    """The settings of a worker.

    Attributes:
        folder: The root folder of the images.
        generator: Makes the regions.
        unreadable: ``stop`` with an error at an image that cannot be read, or ``skip`` it.
        empty: ``stop`` with an error at an image without any region, or ``keep`` it.
        rasters: Reads images of any channels and dtype; None to read photos.
    """

    folder: str
    generator: RegionGenerator
    unreadable: str = 'stop'
    empty: str = 'stop'
    rasters: RasterImages | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What the regions depend on."""
        options = self.generator.options
        return options if self.rasters is None else {**options, 'raster': self.rasters.options}


def make_store(
    job: Job, names: list[str], out: str, workers: int = 0, progress: Callable[[int, int], None] | None = None
) -> int:
    """Makes a region store, or continues an interrupted one.

    Args:
        job: The images' folder, the generator and the settings.
        names: Paths of the images below ``job.folder``.
        out: The file to write. Its bytes depend only on the images and the options.
        workers: Number of worker processes; 0 to work in this process.
        progress: Called with the number of finished images and the number of all images.

    Returns:
        The number of images that this call processed, without those of an earlier, interrupted call.

    Raises:
        FileExistsError: If ``out`` exists.
        UnreadableImage: If an image cannot be read.
        ValueError: If ``job`` is invalid, two images have one annotation, the generator fails (the message names the
            image), no image has a region, or the unfinished store has other options or images.
    """
    for key, known in CHOICES.items():
        if getattr(job, key) not in known:
            raise ValueError(f'{key}={getattr(job, key)!r}: give one of {", ".join(map(repr, known))}')
    if isinstance(job.generator, FoundByName):
        job.generator.require_own((name, os.path.join(job.folder, name)) for name in names)
    writer = StoreWriter(out, job.options, names)
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
    """Makes the regions of one image and encodes them as a record.

    Raises:
        UnreadableImage: If it cannot be read and ``job.unreadable`` is ``stop``.
        ValueError: If the generator fails or makes no regions.
    """
    try:
        image = read(job.folder, name) if job.rasters is None else job.rasters(name)
    except UnreadableImage as error:
        if job.unreadable == 'stop':
            advice = advise([error], 'it', 'go on without it by --unreadable skip')
            raise UnreadableImage(f'{error}; {advice}') from error
        return encode_absent(str(error))
    return encode(generate(job.generator, image, name, job.empty))


def read(folder: str, name: str) -> np.ndarray:
    """Reads an image by its path below a folder, (H, W, 3), uint8, BGR."""
    return read_image(os.path.join(folder, name))


def generate(generator: RegionGenerator, image: np.ndarray, name: str, empty: str = 'stop') -> np.ndarray:
    """Makes and checks the regions of one image; every error names the image.

    Args:
        generator: Makes the regions.
        image: (H, W, 3), uint8, BGR.
        name: The image's path below its root folder.
        empty: ``stop`` with an error at an image without any region, or ``keep`` it.

    Returns:
        (H, W, S), int32.

    Raises:
        ValueError: If the generator fails or makes no regions.
    """
    try:
        regions = generator(image, name)
    except Exception as error:  # a user's generator may raise anything
        if isinstance(error, ValueError) and name in str(error):
            raise
        raise ValueError(f'the regions of {name} cannot be made: {type(error).__name__}: {error}') from error
    return check_made(regions, image, name, empty)


def _records(job: Job, names: list[str], workers: int) -> Iterator[bytes]:
    """Makes the records in order, several in parallel."""
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


_known: dict[str, Job] = {}  # the job of a worker process, set when it starts


def _start(job: Job) -> None:
    """Prepares a worker: one thread; Ctrl-C is left to the parent; the worker ends when its parent ends."""
    _known['job'] = job
    cv2.setNumThreads(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """Ends this process when its parent has ended; a killed parent cannot tell its workers."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a worker
    parent.join()
    os._exit(1)


def _work(name: str) -> bytes:
    """Makes a record in a worker process."""
    return make_record(_known['job'], name)
