"""Cuts the crops of two views: of one image, or of two slices of a volume.

Shapes: H x W the image, h x w a view, both in pixels; C channels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..images.crops import Box
from ..images.encoded import Encoded

Image = np.ndarray | Encoded


def cut_pair(
    results: Mapping[str, Any], boxes: Sequence[Box], size: tuple[int, int]
) -> tuple[Sequence[Box], list[np.ndarray]]:
    """Cuts two crops of a sample.

    Slices of a volume lie over each other, so that boxes mean the same in both.

    Args:
        results: With ``img`` (H, W, C) or ``encoded``; perhaps with ``img2`` or ``encoded2``, a slice of the same size
            that the second crop is of.
        boxes: The two crops in pixels.
        size: (h, w), the size that they will be resized to.

    Returns:
        The boxes that were cut, and the crops, each (., ., C).

    Raises:
        UnreadableImage: If an ``encoded`` file cannot be decoded.
    """
    first = results['img'] if 'img' in results else results['encoded']
    second = results.get('img2', results.get('encoded2'))
    if second is None:
        return _cut(first, boxes, size)
    (box,), (crop,) = _cut(first, boxes[:1], size)
    (other,), (neighbour,) = _cut(second, boxes[1:], size)
    return [box, other], [crop, neighbour]


def nodata_of(results: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """What stands for "not measured" in each of the two crops of a sample, or None: files may differ in it."""
    is_other = 'img2' in results or 'encoded2' in results
    return results.get('nodata'), results.get('nodata2' if is_other else 'nodata')


def _cut(source: Image, boxes: Sequence[Box], size: tuple[int, int]) -> tuple[Sequence[Box], list[np.ndarray]]:
    """Cuts crops of one image."""
    if isinstance(source, Encoded):
        return source.cut(boxes, size)
    return boxes, [source[top:bottom, left:right] for left, top, right, bottom in boxes]
