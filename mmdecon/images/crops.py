"""Geometry of random crops. Random numbers come from NumPy's global generator.

Shapes: H x W the source image, h x w a view, both in pixels.

A box is ``(left, top, right, bottom)`` in whole pixels of the source image. Right and bottom are exclusive, as in
:mod:`mmdecon.views`.
"""

import math
from collections.abc import Sequence

import numpy as np

Box = tuple[int, int, int, int]

ATTEMPTS = 10  # as in torchvision: after so many crops that do not fit into the image, the central crop is taken


def draw_crop(width: int, height: int, scale: Sequence[float], ratio: Sequence[float]) -> Box:
    """Samples one crop with the distribution of torchvision's ``RandomResizedCrop``.

    Args:
        width: W.
        height: H.
        scale: Smallest and largest fraction of the image's area; uniform between them.
        ratio: Smallest and largest width / height; the logarithm is uniform between them.

    Returns:
        A box inside the image. If ``ATTEMPTS`` samples do not fit, the largest central crop with a valid ratio.
    """
    for _ in range(ATTEMPTS):
        area = width * height * np.random.uniform(scale[0], scale[1])
        aspect = math.exp(np.random.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            top = np.random.randint(height - h + 1)
            left = np.random.randint(width - w + 1)
            return left, top, left + w, top + h
    return central_crop(width, height, ratio)


def central_crop(width: int, height: int, ratio: Sequence[float]) -> Box:
    """Computes the largest central crop with a ratio within limits.

    Args:
        width: W.
        height: H.
        ratio: Smallest and largest width / height.

    Returns:
        A box inside the image.

    Examples:
        >>> central_crop(100, 30, (3 / 4, 4 / 3))
        (30, 0, 70, 30)
    """
    w, h = width, height
    if width / height < ratio[0]:
        h = min(height, max(1, round(width / ratio[0])))
    elif width / height > ratio[1]:
        w = min(width, max(1, round(height * ratio[1])))
    left, top = (width - w) // 2, (height - h) // 2
    return left, top, left + w, top + h


def shared_fraction(box: Box, other: Box) -> float:
    """Computes which fraction of a box lies inside another box.

    Args:
        box: The box whose area counts as 1.
        other: The other box.

    Returns:
        The fraction, 0..1.

    Examples:
        >>> shared_fraction((0, 0, 4, 4), (2, 1, 6, 3))
        0.25
    """
    width = max(0, min(box[2], other[2]) - max(box[0], other[0]))
    height = max(0, min(box[3], other[3]) - max(box[1], other[1]))
    return width * height / ((box[2] - box[0]) * (box[3] - box[1]))


def draw_pair(
    width: int, height: int, scale: Sequence[float], ratio: Sequence[float], min_overlap: float | None, tries: int
) -> tuple[Box, Box]:
    """Samples two crops; the second one overlaps the first, if some try succeeds (SlotCon).

    Args:
        width: W.
        height: H.
        scale: See :func:`draw_crop`.
        ratio: See :func:`draw_crop`.
        min_overlap: Smallest fraction of the second crop that must lie inside the first, 0..1; None for independent
            crops.
        tries: How often the second crop is sampled. After that many failures, one more sample is taken as it is.

    Returns:
        The two boxes. They may be disjoint if every try failed.
    """
    first = draw_crop(width, height, scale, ratio)
    if min_overlap is not None:
        for _ in range(tries):
            second = draw_crop(width, height, scale, ratio)
            if shared_fraction(second, first) >= min_overlap:
                return first, second
    return first, draw_crop(width, height, scale, ratio)


def resize_nearest(array: np.ndarray, box: Box, size: tuple[int, int], flipped: bool = False) -> np.ndarray:
    """Crops, resizes and optionally flips an array of labels of any dtype, with nearest-neighbour interpolation.

    Each output pixel takes the value at its centre. OpenCV's nearest neighbour takes its corner instead, which shifts
    labels by up to half a source pixel relative to the image.

    Args:
        array: (H, W, ...).
        box: The crop.
        size: (h, w).
        flipped: Whether to flip horizontally.

    Returns:
        (h, w, ...), a new array.

    Examples:
        >>> resize_nearest(np.arange(6)[None], (1, 0, 5, 1), (1, 2))
        array([[2, 4]])
    """
    left, top, right, bottom = box
    rows = top + (2 * np.arange(size[0]) + 1) * (bottom - top) // (2 * size[0])
    columns = left + (2 * np.arange(size[1]) + 1) * (right - left) // (2 * size[1])
    return array[rows][:, columns[::-1] if flipped else columns]
