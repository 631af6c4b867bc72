"""Images that are no photos: how a derived config reads and changes them, and which values they have."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..images.pixels import PHOTO
from ..models.first_layer import COLOURS
from ..statistics import Folder, measure
from .python_text import Code

PRESETS = ('grey16', 'microscopy', 'multispectral', 'rgbd')
"""Changes of values, each a file of configs/_base_/datasets."""

SAMPLED = 32
"""Images, or tiles of such, that are looked at in each folder."""
PERCENTS = (0.1, 99.9)
"""What lies outside is taken for outliers."""
PIPELINE = """[
            load,
            *(
                dict(step, size={size}, photometric=[changes] * 2) if step['type'] == 'mmdecon.TwoViews' else step
                for step in _base_.train_dataloader.dataset.pipeline[1:]
            ),
        ]"""
"""Reads and changes images by the ``load`` and ``changes`` of the same config."""


def preset_of(channels: int) -> str | None:
    """The preset of images that nothing else is known of: None for photos.

    Args:
        channels: Of the images.
    """
    return None if channels == COLOURS else 'grey16' if channels == 1 else 'multispectral'


def base_of(preset: str) -> str:
    """The base file of a preset.

    Args:
        preset: One of :data:`PRESETS`.
    """
    return f'datasets/{preset}_photometrics'


def raster_variables(preset: str, channels: int, value_range: tuple[float, float] | None) -> dict[str, Any]:
    """What :data:`PIPELINE` names.

    Args:
        preset: One of :data:`PRESETS`.
        channels: Of the images.
        value_range: Lowest and highest value, of which changes are shares; None where the files tell it.
    """
    changes = f'_base_.{preset}_photometric'
    if value_range is not None:
        changes = f'[dict(change, value_range={value_range}) for change in {changes}]'
    return dict(load=dict(type='mmdecon.LoadRaster', channels=channels, late=True), changes=Code(changes))


def find_range(folders: Sequence[str], channels: int, skip: bool = False) -> tuple[float, float] | None:
    """The range that the values of images fill, measured on some of them, the same ones each time.

    The range of a dtype says little: 12-bit values in 16 bits fill a sixteenth of it, and changes of brightness that
    are shares of all of it would leave nothing of such an image.

    Args:
        folders: Of images.
        channels: Of each.
        skip: Whether files whose headers cannot be read are left out.

    Returns:
        The lowest 0.1st and the highest 99.9th percentile of the channels, to four digits; None for bytes.

    Raises:
        ValueError: If all pixels have one value, or none.
    """
    options: dict[str, Any] = dict(channels=channels, unreadable='skip' if skip else 'stop')
    lows, highs = [], []
    for folder in folders:
        found = measure(Folder(folder, options, SAMPLED), PERCENTS)
        if found.summary.dtype == PHOTO:
            return None
        low, high = found.percentiles
        lows.append(low.min())
        highs.append(high.max())
    low, high = (float(f'{value:.4g}') for value in (np.min(lows), np.max(highs)))
    if not low < high:
        raise ValueError(f'the images in {", ".join(folders)} that were looked at have one value alone, {low:g}')
    return low, high
