"""How fast :class:`Felzenszwalb` is beside scikit-image, and how alike the two segment.

Shapes: H x W an image in pixels.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from mmdecon.compat import require
from mmdecon.images.reading import read_image
from mmdecon.regions.felzenszwalb import Felzenszwalb


@dataclass(frozen=True)
class Comparison:
    """What a run of both over the same images showed.

    Attributes:
        images: How many.
        megapixels: Their mean size.
        seconds: Processor time that ours takes for an image on the average, all threads together.
        reference_seconds: The same of scikit-image.
        speedup: The second divided by the first.
        mean_agreement: Share of an image's pixels on which both agree, see :func:`agreement`; the mean over images.
        least_agreement: The lowest share.
        least_alike: The file that has it, or '' where all images agree on every pixel.
        identical: Images that agree on every pixel.
        options: Of the generator.
        versions: Of the packages that the numbers hang on.
    """

    images: int
    megapixels: float
    seconds: float
    reference_seconds: float
    speedup: float
    mean_agreement: float
    least_agreement: float
    least_alike: str
    identical: int
    options: dict[str, Any]
    versions: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Gives all attributes as JSON would hold them."""
        return asdict(self)

    def table(self) -> str:
        """Lays the numbers out as a Markdown table."""
        rows = (
            ('', 'mmdecon', f'scikit-image {self.versions["scikit-image"]}'),
            ('---', '---:', '---:'),
            ('seconds per image and core', f'{self.seconds:.4f}', f'{self.reference_seconds:.4f}'),
            ('seconds per megapixel', *(f'{s / self.megapixels:.3f}' for s in (self.seconds, self.reference_seconds))),
            ('times as fast', f'{self.speedup:.1f}', '1'),
            ('agreement, mean over images', f'{self.mean_agreement:.4%}', ''),
            ('agreement, least', f'{self.least_agreement:.4%}', self.least_alike),
            (f'identical of {self.images} images', f'{self.identical}', ''),
        )
        return '\n'.join(f'| {" | ".join(row)} |' for row in rows)


def agreement(labels: np.ndarray, others: np.ndarray) -> float:
    """Measures on what share of the pixels two segmentations agree, whatever their regions are called.

    Regions are matched one to one so that the matched ones share as many pixels as possible (an assignment problem,
    solved by ``scipy.optimize.linear_sum_assignment``); a region without a partner agrees nowhere.

    Args:
        labels: (H, W), integer.
        others: (H, W), integer.

    Returns:
        0..1.

    Raises:
        ValueError: If their shapes differ.

    Examples:
        >>> agreement(np.array([[0, 0, 1, 1]]), np.array([[7, 7, 7, 3]]))
        0.75
    """
    require('scipy')
    from scipy.optimize import linear_sum_assignment  # late: scipy comes with an optional package

    if labels.shape != others.shape:
        raise ValueError(f'segmentations of shapes {labels.shape} and {others.shape}: give two of one image')
    rows, columns = (np.unique(each, return_inverse=True)[1].ravel() for each in (labels, others))
    shape = rows.max() + 1, columns.max() + 1
    shared = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
    return float(shared[linear_sum_assignment(shared, maximize=True)].sum() / labels.size)


def compare_felzenszwalb(
    paths: Sequence[str], scale: float = 1000, min_size: int = 1000, sigma: float = 0.8
) -> Comparison:
    """Segments images with ours and with scikit-image, in turns, on one thread.

    Reading the files is not counted, nor is compiling: ours runs once before. Both see the same pixels in the order of
    channels that they take, and who goes first changes from image to image.

    Args:
        paths: Image files, at least one.
        scale: Passed to both, like the rest; one scale.
        min_size: In pixels.
        sigma: In pixels.

    Raises:
        ValueError: If there is no image, or an argument is out of its range.
        UnreadableImage: If a file cannot be read.
        ModuleNotFoundError: If numba or scikit-image is not installed.
    """
    if not paths:
        raise ValueError('there is no image to compare on: give the path of one at least')
    if isinstance(scale, (list, tuple)):
        raise ValueError(f'scale is {scale!r}, but scikit-image takes one: compare at one scale after the other')
    ours, theirs = Felzenszwalb(scale, min_size, sigma), _scikit_image(scale, min_size, sigma)
    ours(read_image(paths[0]), paths[0])
    pixels, seconds, agreements = [], [], []
    for number, path in enumerate(paths):
        image = read_image(path)
        calls = {ours: image, theirs: np.ascontiguousarray(image[..., ::-1])}
        turns = sorted(calls, key=lambda segment: (segment is ours) == number % 2)
        timed = {segment: _timed(segment, calls[segment], path) for segment in turns}
        pixels.append(image.shape[0] * image.shape[1])
        seconds.append([timed[ours][1], timed[theirs][1]])
        agreements.append(agreement(timed[ours][0][..., 0], timed[theirs][0]))
    return _summary(ours, paths, pixels, np.mean(seconds, axis=0), agreements)


def _scikit_image(scale: float, min_size: int, sigma: float) -> Callable[[np.ndarray, str], np.ndarray]:
    """Gives scikit-image's function the form of a generator; (H, W, 3), uint8, RGB, to (H, W)."""
    require('skimage')
    from skimage.segmentation import felzenszwalb  # late: optional

    return lambda image, _: felzenszwalb(image, scale=scale, min_size=min_size, sigma=sigma)


def _timed(segment: Callable[..., np.ndarray], image: np.ndarray, path: str) -> tuple[np.ndarray, float]:
    """Segments an image; also tells the processor time in seconds, of all threads together."""
    start = time.process_time()
    return segment(image, path), time.process_time() - start


def _summary(
    ours: Felzenszwalb, paths: Sequence[str], pixels: Sequence[int], seconds: np.ndarray, agreements: Sequence[float]
) -> Comparison:
    """Takes means and extremes."""
    worst = int(np.argmin(agreements))
    return Comparison(
        images=len(paths),
        megapixels=float(np.mean(pixels)) / 1e6,
        seconds=float(seconds[0]),
        reference_seconds=float(seconds[1]),
        speedup=float(seconds[1] / seconds[0]),
        mean_agreement=float(np.mean(agreements)),
        least_agreement=agreements[worst],
        least_alike=paths[worst] if agreements[worst] < 1 else '',
        identical=sum(each == 1 for each in agreements),
        options=ours.options,
        versions={name: version(name) for name in ('numba', 'numpy', 'scikit-image')},
    )
