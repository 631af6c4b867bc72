"""SLIC superpixels: regions of similar colour and size."""

from typing import Any

import numpy as np

from ..compat import require
from ..registry import REGIONS
from .base import is_count, is_number, stack_planes
from .channels import Channels, as_photo, check_channels, leave_out


@REGIONS.register_module()
class Slic:
    """Clusters pixels by position and colour (CIELAB) with scikit-image's ``slic``.

    The clusters start from a grid, so the result is deterministic. Regions are connected.

    Args:
        segments: Number of clusters at the start; the result has about as many regions.
        compactness: Weight of position against colour, > 0; larger values give squarer regions.
        sigma: Standard deviation in pixels of the Gaussian blur before the clustering; 0 for none.
        channels: Of images that are no BGR photos: three channels, taken for blue, green and red, or ``'pca'``; see
            :func:`~mmdecon.regions.channels.as_photo`.

    Raises:
        ValueError: If an argument is out of its range.
        ModuleNotFoundError: If scikit-image is not installed.
    """

    def __init__(
        self, segments: int = 100, compactness: float = 10.0, sigma: float = 0.0, channels: Channels = None
    ) -> None:
        if not is_count(segments):
            raise ValueError(f'Slic: segments is {segments!r}: give the number of regions to aim at, an integer >= 1')
        for key, value, least in (('compactness', compactness, 'above 0'), ('sigma', sigma, '0 or more')):
            if not is_number(value) or value < 0 or (key == 'compactness' and value == 0):
                raise ValueError(f'Slic: {key} is {value!r}: give a number {least}')
        require('skimage')
        self.options: dict[str, Any] = dict(method='slic', segments=segments, compactness=compactness, sigma=sigma)
        self.channels = check_channels(channels, 'Slic')
        if channels is not None:  # stores of photos do not say so
            self.options['channels'] = self.channels

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Segments an image.

        Args:
            image: (H, W, 3), uint8, BGR; or (H, W, C) of any dtype, with NaN in pixels without a value.
            name: The image's name, for error messages.

        Returns:
            (H, W, 1), int32; the regions cover the whole image, but for pixels without a value.

        Raises:
            ValueError: If the array is not such an image.
        """
        from skimage.segmentation import slic  # late: scikit-image is optional

        image, valid = as_photo(image, self.channels, name)
        labels = slic(
            image[..., ::-1],
            n_segments=self.options['segments'],
            compactness=self.options['compactness'],
            sigma=self.options['sigma'],
            start_label=0,
        )
        return leave_out(stack_planes([labels]), valid)
