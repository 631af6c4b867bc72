"""Which values images have that are no photos."""

from collections.abc import Sequence

import numpy as np

from ..images.pixels import PHOTO
from ..statistics import Folder, measure

SAMPLED = 32
"""Images, or tiles of such, that are looked at in each folder."""
PERCENTS = (0.1, 99.9)
"""What lies outside is taken for outliers."""


def find_range(folders: Sequence[str], channels: int) -> tuple[float, float] | None:
    """The range that the values of images fill, measured on some of them, the same ones each time.

    The range of a dtype says little: 12-bit values in 16 bits fill a sixteenth of it, and changes of brightness that
    are shares of all of it would leave nothing of such an image.

    Args:
        folders: Of images.
        channels: Of each.

    Returns:
        The lowest 0.1st and the highest 99.9th percentile of the channels, to four digits; None for bytes.

    Raises:
        ValueError: If all pixels have one value, or none.
    """
    lows, highs = [], []
    for folder in folders:
        found = measure(Folder(folder, dict(channels=channels), SAMPLED), PERCENTS)
        if found.summary.dtype == PHOTO:
            return None
        low, high = found.percentiles
        lows.append(low.min())
        highs.append(high.max())
    low, high = (float(f'{value:.4g}') for value in (np.min(lows), np.max(highs)))
    if not low < high:
        raise ValueError(f'the images in {", ".join(folders)} that were looked at have one value alone, {low:g}')
    return low, high
