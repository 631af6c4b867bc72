"""Regions of like colour and about one size: SLIC superpixels."""

import math
from typing import Any

import numpy as np

from ..compat import require
from ..registry import REGIONS
from .base import check_image, stack_planes


@REGIONS.register_module()
class Slic:
    """Clusters pixels by place and colour (CIELAB) with scikit-image's ``slic``.

    The clusters start from a grid, so the result is the same each time. Its parts are connected.

    Args:
        segments: How many regions to start from; the result has about as many.
        compactness: Weight of place against colour: larger values, squarer regions.
        sigma: Standard deviation in pixels of the Gaussian blur before; 0 for none.

    Raises:
        ValueError: If an argument is out of its range.
        ModuleNotFoundError: If scikit-image is not installed.
    """

    def __init__(self, segments: int = 100, compactness: float = 10.0, sigma: float = 0.0) -> None:
        if isinstance(segments, bool) or not isinstance(segments, int) or segments < 1:
            raise ValueError(f'Slic: segments is {segments!r}: give the number of regions to aim at, an integer >= 1')
        for key, value, least in (('compactness', compactness, 'above 0'), ('sigma', sigma, '0 or more')):
            good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf
            if not good or (key == 'compactness' and value == 0):
                raise ValueError(f'Slic: {key} is {value!r}: give a number {least}')
        require('skimage')
        self.options: dict[str, Any] = dict(method='slic', segments=segments, compactness=compactness, sigma=sigma)

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Segments an image.

        Args:
            image: (H, W, 3), uint8, BGR.
            name: What to call the image in errors.

        Returns:
            (H, W, 1), int32; covers the image.

        Raises:
            ValueError: If the image is none.
        """
        from skimage.segmentation import slic  # late: scikit-image is optional

        check_image(image, name)
        labels = slic(
            image[..., ::-1],
            n_segments=self.options['segments'],
            compactness=self.options['compactness'],
            sigma=self.options['sigma'],
            start_label=0,
        )
        return stack_planes([labels])
