"""From what was measured to what a data preprocessor takes.

Shapes: C channels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .measure import Measured

CHOICES = ('constants', 'range', 'percentile')
RGB = 3  # channels that encoders take unless told otherwise
ENDS = (1, 99)  # the percentiles that become 0 and 1


def normalise(found: Measured, how: str, value_range: Sequence[float] | None = None) -> tuple[list[float], list[float]]:
    """Expresses a normalisation as a mean that is subtracted and a standard deviation that is divided by.

    Args:
        found: What was measured, with the 1st and the 99th percentile for ``percentile``.
        how: ``constants``: to mean 0 and standard deviation 1 of each channel. ``range``: the range of values to 0..1,
            all channels alike. ``percentile``: the 1st and 99th percentile of each channel to 0 and 1.
        value_range: For ``range``; None for what the files tell.

    Returns:
        Mean and standard deviation, (C,) each, of at least 6 digits.

    Raises:
        ValueError: If the choice does not exist, nothing tells the range, or a channel is constant.
    """
    if how not in CHOICES:
        raise ValueError(f'--normalise {how}: known are {", ".join(CHOICES)}')
    low, extent = found.summary.mean, found.summary.std
    if how == 'range':
        span = found.value_range if value_range is None else value_range
        if span is None:
            raise ValueError('--normalise range: the files do not tell which values they may have: give --value-range')
        low, extent = np.full_like(low, span[0]), np.full_like(low, span[1] - span[0])
    elif how == 'percentile':
        ends = [list(found.percents).index(percent) for percent in ENDS]
        low, high = found.percentiles[ends]
        extent = high - low
    if not (extent > 0).all():
        channels = np.flatnonzero(~(extent > 0)).tolist()
        raise ValueError(
            f'--normalise {how}: channels {channels} have one value alone, which cannot be scaled: leave them out by '
            '--raster bands=..., or choose another --normalise'
        )
    return _short(low), _short(extent)


def snippet(mean: Sequence[float], std: Sequence[float], is_photos: bool) -> str:
    """The lines of a config that normalise so.

    Args:
        mean: (C,).
        std: (C,).
        is_photos: Whether images come as BGR and statistics are those of RGB.

    Examples:
        >>> snippet([1.0], [2.0], False).removeprefix('model = dict(data_preprocessor=dict(mean=[1.0], std=[2.0], ')
        'bgr_to_rgb=False), network=dict(encoder=dict(in_channels=1)))'
    """
    channels = '' if len(mean) == RGB else f', network=dict(encoder=dict(in_channels={len(mean)}))'
    colours = f'data_preprocessor=dict(mean={list(mean)}, std={list(std)}, bgr_to_rgb={is_photos})'
    return f'model = dict({colours}{channels})'


def to_json(found: Measured, mean: Sequence[float], std: Sequence[float], how: str, is_photos: bool) -> dict[str, Any]:
    """Everything that was found, as JSON values.

    Args:
        found: What was measured.
        mean: Of :func:`normalise`.
        std: Of :func:`normalise`.
        how: The choice.
        is_photos: See :func:`snippet`.
    """
    summary = found.summary
    return dict(
        images=found.images,
        pixels=summary.count,
        without_value=summary.left_out,
        dtype=str(summary.dtype),
        value_range=found.value_range and list(found.value_range),
        mean=summary.mean.tolist(),
        std=summary.std.tolist(),
        min=summary.low.tolist(),
        max=summary.high.tolist(),
        percentiles={f'{percent:g}': row.tolist() for percent, row in zip(found.percents, found.percentiles)},
        normalise=how,
        data_preprocessor=dict(mean=list(mean), std=list(std), bgr_to_rgb=is_photos),
    )


def _short(values: np.ndarray) -> list[float]:
    """Seven digits, which is what float32 holds."""
    return [float(f'{value:.7g}') for value in values]
