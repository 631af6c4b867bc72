"""Goes through the images of a folder, once or twice.

Shapes: N pixels, C channels, P percents.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial, reduce
from typing import Any, NamedTuple

import cv2
import numpy as np

from ..images.pixels import find_valid
from ..registry import DATASETS
from ..texts import shown
from .summary import Bins, Summary, count_lower

PERCENTS = (0.1, 1, 5, 25, 50, 75, 95, 99, 99.9)
TILE = 2048  # pixels a side that are in memory at once
AHEAD = 4  # parts a process that may wait, so that memory is bounded
OF_FOLDER = ('extensions', 'list_file', 'unreadable')  # the other options are LoadRaster's
Progress = Callable[[int, int], None]


class Measured(NamedTuple):
    """What was found.

    Attributes:
        summary: Of all pixels.
        percents: (P,).
        percentiles: (P, C).
        images: How many images, or tiles of such, were read.
        value_range: Lowest and highest value that the files or the options tell; None if they do not.
    """

    summary: Summary
    percents: Sequence[float]
    percentiles: np.ndarray
    images: int
    value_range: tuple[float, float] | None


class Folder:
    """The images of a folder as ``LoadRaster`` reads them, in tiles; or photos as ``LoadImage`` does, RGB.

    Args:
        folder: Searched recursively.
        raster: Options of ``LoadRaster``, and those of the dataset in ``OF_FOLDER``; None for photos.
        count: How many images or tiles, chosen by chance; None for all.
        seed: Of that choice.

    Raises:
        FileNotFoundError: If the folder does not exist.
        UnreadableImage: If a file cannot be read.
        ValueError: If an option is wrong, there is no image, or files differ in channels or dtype.
    """

    def __init__(
        self, folder: str, raster: Mapping[str, Any] | None = None, count: int | None = None, seed: int = 0
    ) -> None:
        given = dict(raster or {})
        config = dict(folders=[folder], **{key: given.pop(key) for key in OF_FOLDER if key in given})
        if raster is None:
            config.update(type='mmdecon.ImageFolder', pipeline=[dict(type='mmdecon.LoadImage')])
        else:
            reader = dict(given, type='mmdecon.LoadRaster')
            config.update(type='mmdecon.RasterFolder', pipeline=[reader], tile=TILE)
        if count is not None and count < 1:
            raise ValueError(f'--count {count}: give a number of images, 1 or more')
        self.is_photos, self.dataset = raster is None, DATASETS.build(config)
        numbers = np.arange(len(self.dataset))
        if count is not None:
            numbers = np.sort(np.random.default_rng(seed).permutation(numbers)[:count])
        self.numbers = numbers.tolist()

    def read(self, number: int) -> tuple[np.ndarray, int, tuple[float, float] | None]:
        """Reads one image or tile.

        Args:
            number: Of the sample.

        Returns:
            Its valid pixels, (N, C), how many others there are, and its range of values, if known.
        """
        sample = self.dataset.pipeline(self.dataset.get_data_info(number))
        image = sample['img'][..., ::-1] if self.is_photos else sample['img']
        valid, flat = find_valid(image, sample.get('nodata')), image.reshape(-1, image.shape[2])
        pixels = flat if valid is None else flat[valid.reshape(-1)]
        return pixels, len(flat) - len(pixels), (0.0, 255.0) if self.is_photos else sample.get('value_range')


def measure(
    folder: Folder, percents: Sequence[float] = PERCENTS, workers: int = 0, progress: Progress | None = None
) -> Measured:
    """Measures all pixels; in a second pass the exact percentiles of values of more than 16 bits.

    Args:
        folder: The images.
        percents: 0..100.
        workers: Processes; 0 for this one. The result does not depend on it.
        progress: Called with the number of images read, in both passes, and of those to read.

    Raises:
        UnreadableImage: If a file cannot be read.
        ValueError: If images differ in channels, dtype or range, or no pixel has a value.
    """
    summary: Summary | None = None
    spans: set[Any] = set()
    told = progress or (lambda done, total: None)
    for done, (part, span) in enumerate(_each(folder, _summarise, workers), start=1):
        summary = part if summary is None else _joined(summary, part)
        spans.add(span)
        told(done, len(folder.numbers))
    if summary is None or not summary.count:
        raise ValueError('no pixel has a value: all are NaN or nodata')
    wanted, lower = summary.wanted(percents), dict[tuple[int, int], np.ndarray]()
    if wanted:
        for done, counts in enumerate(_each(folder, partial(_refine, wanted=wanted), workers), start=1):
            lower = {key: lower[key] + table if lower else table for key, table in counts.items()}
            told(len(folder.numbers) + done, 2 * len(folder.numbers))
    found = summary.percentiles(percents, lower)
    return Measured(summary, percents, found, len(folder.numbers), _common(spans))


def _joined(a: Summary, b: Summary) -> Summary:
    """Merges summaries of images of one kind."""
    if (a.dtype, len(a.mean)) != (b.dtype, len(b.mean)):
        raise ValueError(
            f'images have {len(a.mean)} channels of {a.dtype}, and {len(b.mean)} of {b.dtype}: measure each kind alone'
        )
    return a.merged(b)


def _common(spans: set[Any]) -> tuple[float, float] | None:
    """The range of values that holds those of all images; None where some tell none."""
    if None in spans:
        return None
    return reduce(lambda a, b: (min(a[0], b[0]), max(a[1], b[1])), spans)


def _summarise(folder: Folder, number: int) -> tuple[Summary, tuple[float, float] | None]:
    pixels, left_out, span = folder.read(number)
    return Summary.of(pixels, left_out), span


def _refine(folder: Folder, number: int, wanted: Bins) -> dict[tuple[int, int], np.ndarray]:
    return count_lower(folder.read(number)[0], wanted)


_known: dict[str, Any] = {}  # the folder and the work of a process, set when it starts


def _start(folder: Folder, work: Callable[..., Any]) -> None:
    """Prepares a process, which has one thread."""
    cv2.setNumThreads(0)
    _known.update(folder=folder, work=work)


def _work(number: int) -> Any:
    try:
        return _known['work'](_known['folder'], number)
    except ValueError as error:
        name = _known['folder'].dataset.get_data_info(number)['name']
        raise type(error)(str(error) if name in str(error) else f'{shown(name)}: {error}') from error


def _each(folder: Folder, work: Callable[..., Any], workers: int) -> Iterator[Any]:
    """Results of all images, in their order."""
    if not workers:
        _start(folder, work)
        yield from map(_work, folder.numbers)
        return
    waiting: deque[Future[Any]] = deque()
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(folder, work)) as pool:
        for number in folder.numbers:
            waiting.append(pool.submit(_work, number))
            if len(waiting) >= workers * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
