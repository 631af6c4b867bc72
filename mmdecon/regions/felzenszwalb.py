"""Graph-based segmentation by colour (Felzenszwalb and Huttenlocher).

Shapes: H x W the image in pixels, S scales.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ..compat import require
from ..registry import REGIONS
from .base import is_count, is_number, stack_planes
from .channels import Channels, as_photo, check_channels, leave_out

# As scikit-image scales bytes to 0..1: times 1 / 255, which differs from a division in the last bit.
UNIT = np.arange(256) * (1 / 255)
# An edge stores four times its pixel's index in 32 bits.
MAX_PIXELS = 2**30


@REGIONS.register_module()
class Felzenszwalb:
    """Segments an image by "Efficient Graph-Based Image Segmentation" (Felzenszwalb and Huttenlocher, 2004).

    The regions are the same, pixel by pixel, as those of ``skimage.segmentation.felzenszwalb``, several times as fast:
    costs and limits are computed in the same precision and order. Each pixel has eight neighbours. The edges between
    neighbours are visited in the order of their costs, the lowest first. Two regions are joined if the edge between
    them costs less than the limits of both. The limit of a region is the largest cost of its own edges plus ``scale`` /
    (255 * its size in pixels). Then regions below ``min_size`` are joined to neighbours, in the same order of edges.

    Differs from scikit-image: among edges of exactly equal cost, those to the right come first, then those down,
    down-right and down-left, each in raster order. In scikit-image their order depends on NumPy's sort, and so on the
    processor. Several scales share the blur and the sort.

    The first call in an environment compiles for a few seconds; the result is cached on disk, see ``NUMBA_CACHE_DIR``.
    The interpreter's lock (GIL) is released, and each call runs on one thread.

    Args:
        scale: Larger values give larger regions; > 0. Several scales give one plane each.
        min_size: Smallest number of pixels of a region, unless the image has fewer.
        sigma: Standard deviation in pixels of the Gaussian blur before the segmentation; 0 for none.
        channels: Of images that are no BGR photos: three channels, or ``'pca'``; see
            :func:`~mmdecon.regions.channels.as_photo`.

    Raises:
        ValueError: If an argument is out of its range.
        ModuleNotFoundError: If numba is not installed.
    """

    def __init__(
        self,
        scale: float | Sequence[float] = 1000,
        min_size: int = 1000,
        sigma: float = 0.8,
        channels: Channels = None,
    ) -> None:
        scales: list[Any] = list(scale) if isinstance(scale, (list, tuple)) else [scale]
        if not scales or not all(is_number(value) and value > 0 for value in scales):
            raise ValueError(f'Felzenszwalb: scale is {scale!r}: give a number > 0, or a list of such numbers')
        if not is_count(min_size):
            raise ValueError(f'Felzenszwalb: min_size is {min_size!r}: give a number of pixels, an integer >= 1')
        if not is_number(sigma) or sigma < 0:
            raise ValueError(f'Felzenszwalb: sigma is {sigma!r}: give a blur in pixels, >= 0; 0 is no blur')
        require('numba')
        self.scales: list[float] = scales
        self.min_size = min_size
        self.weights = _gaussian(sigma)
        self.channels = check_channels(channels, 'Felzenszwalb')
        self.options: dict[str, Any] = dict(method='felzenszwalb', scale=scales, min_size=min_size, sigma=sigma)
        if channels is not None:  # stores of photos do not say so
            self.options['channels'] = self.channels

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Segments an image.

        Args:
            image: (H, W, 3), uint8, BGR; or (H, W, C) of any dtype, with NaN in pixels without a value.
            name: The image's name, for error messages.

        Returns:
            (H, W, S), int32; each plane covers the whole image, but for pixels without a value.

        Raises:
            ValueError: If the array is not such an image, or has 2**30 pixels or more.
            RuntimeError: If no folder for the compiled code is writable.
        """
        image, valid = as_photo(image, self.channels, name)
        height, width = image.shape[:2]
        if height * width >= MAX_PIXELS:
            raise ValueError(f'{name} has {height} x {width} pixels, Felzenszwalb takes fewer than 2**30: shrink it')
        edges, costs = self._sorted_edges(image)
        return leave_out(stack_planes([self._merged(edges, costs, scale) for scale in self.scales]), valid)

    def _sorted_edges(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lists the edges sorted by cost, (E,), and computes all costs, (4, H, W)."""
        loops, _ = _compiled()
        # RGB order: the sum over the channels is then rounded as in scikit-image.
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


def _gaussian(sigma: float) -> np.ndarray:
    """Computes the centre and one half of scipy's Gaussian kernel, which ends at four standard deviations."""
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
            f'numba finds no writable folder for compiled code ({error}): set the environment variable '
            'NUMBA_CACHE_DIR to a writable folder'
        ) from error
    return _felzenszwalb_edges, _felzenszwalb_merge
