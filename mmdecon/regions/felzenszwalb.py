"""Regions of like colour, by merging neighbours in a graph.

Shapes: H x W the image in pixels, S scales.
"""

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ..compat import require
from ..registry import REGIONS
from .base import check_image, stack_planes

# As scikit-image turns bytes into 0..1: times 1 / 255, which differs from a division in the last bit.
UNIT = np.arange(256) * (1 / 255)
# An edge keeps four times its pixel's place in 32 bits.
MAX_PIXELS = 2**30


@REGIONS.register_module()
class Felzenszwalb:
    """Segments by Felzenszwalb's and Huttenlocher's "Efficient Graph-Based Image Segmentation" (2004).

    The same regions, to the pixel, as ``skimage.segmentation.felzenszwalb``, several times as fast: costs and limits
    are computed in the same precision and order. Each pixel has eight neighbours, and the edges between them are taken
    cheapest first. Two regions are joined where the edge between them costs less than either allows: its own dearest
    edge plus ``scale`` / (255 * its size). Then those too small are joined to neighbours, again cheapest first.

    Differs from scikit-image: among edges that cost exactly the same, those to the right come first, then those down,
    down-right and down-left, each in raster order; scikit-image leaves their order to numpy's sort, and so to the
    processor. Several scales share the blur and the sort.

    The first call in an environment compiles for some seconds; the result is kept on disk, see ``NUMBA_CACHE_DIR``.
    The interpreter's lock is released, and each call runs on one thread.

    Args:
        scale: How unlike a region's pixels may be: larger values, larger regions. Several scales give a plane each.
        min_size: The fewest pixels of a region, unless the image has fewer.
        sigma: Standard deviation in pixels of the Gaussian blur before; 0 for none.

    Raises:
        ValueError: If an argument is out of its range.
        ModuleNotFoundError: If numba is not installed.
    """

    def __init__(self, scale: float | Sequence[float] = 1000, min_size: int = 1000, sigma: float = 0.8) -> None:
        scales: list[Any] = list(scale) if isinstance(scale, (list, tuple)) else [scale]
        if not scales or not all(_is_number(value) and value > 0 for value in scales):
            raise ValueError(f'Felzenszwalb: scale is {scale!r}: give a number > 0, or a list of such')
        if isinstance(min_size, bool) or not isinstance(min_size, int) or min_size < 1:
            raise ValueError(f'Felzenszwalb: min_size is {min_size!r}: give a number of pixels, an integer >= 1')
        if not _is_number(sigma) or sigma < 0:
            raise ValueError(f'Felzenszwalb: sigma is {sigma!r}: give a blur in pixels, >= 0, where 0 is none')
        require('numba')
        self.scales: list[float] = scales
        self.min_size = min_size
        self.weights = _gaussian(sigma)
        self.options: dict[str, Any] = dict(method='felzenszwalb', scale=scales, min_size=min_size, sigma=sigma)

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Segments an image.

        Args:
            image: (H, W, 3), uint8, BGR.
            name: What to call the image in errors.

        Returns:
            (H, W, S), int32; each plane covers the image.

        Raises:
            ValueError: If the image is none, or has 2**30 pixels or more.
            RuntimeError: If there is no folder for the compiled code.
        """
        check_image(image, name)
        height, width = image.shape[:2]
        if height * width >= MAX_PIXELS:
            raise ValueError(f'{name} has {height} x {width} pixels, Felzenszwalb takes fewer than 2**30: shrink it')
        edges, costs = self._sorted_edges(image)
        return stack_planes([self._merged(edges, costs, scale) for scale in self.scales])

    def _sorted_edges(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lists the edges, cheapest first, (E,), and all costs, (4, H, W)."""
        loops, _ = _compiled()
        # Red first: the sum over the channels is then rounded as scikit-image's.
        planes = UNIT[np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))]
        costs = loops.edge_costs(loops.blur(planes, self.weights))
        edges = loops.sort_by_digits(loops.list_edges(costs))
        loops.sort_alike(edges, costs.ravel())
        return edges, costs

    def _merged(self, edges: np.ndarray, costs: np.ndarray, scale: float) -> np.ndarray:
        """Merges at one scale; (H, W), int32."""
        loops, merging = _compiled()
        height, width = costs.shape[1:]
        offsets = np.array([down * width + right for down, right in loops.STEPS])
        parents, sizes = np.arange(height * width, dtype=np.int32), np.ones(height * width, np.int32)
        refused = merging.merge_alike(edges, costs.reshape(4, -1), offsets, scale / 255, parents, sizes)
        merging.merge_small(refused, offsets, self.min_size, parents, sizes)
        labels: np.ndarray = merging.number(parents)
        return labels.reshape(height, width)


def _is_number(value: Any) -> bool:
    """Says whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _gaussian(sigma: float) -> np.ndarray:
    """Weighs the middle and one side of scipy's Gaussian kernel, which ends at four standard deviations."""
    if sigma == 0:
        return np.ones(1)
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    return np.asarray(weights / weights.sum())[radius:]


def _compiled() -> tuple[ModuleType, ModuleType]:
    """Imports the compiled loops, late, as numba is optional and takes a second to import."""
    try:
        from . import _felzenszwalb_edges, _felzenszwalb_merge
    except RuntimeError as error:
        raise RuntimeError(
            f'numba finds no folder where it can keep compiled code ({error}): name one that can be written in the '
            'environment variable NUMBA_CACHE_DIR'
        ) from error
    return _felzenszwalb_edges, _felzenszwalb_merge
