"""What a pixel is: its dtype, its range of values, and whether it was measured at all.

Shapes: H x W an image in pixels, C channels.
"""

from collections.abc import Sequence

import numpy as np

from ..texts import shown
from .encoded import DTYPES

PHOTO = np.dtype('uint8')


def native(image: np.ndarray, name: str) -> np.ndarray:
    """Brings an image to the machine's byte order.

    Args:
        image: (H, W, C).
        name: Of the file, for the message.

    Returns:
        The same values; ``image`` itself, if nothing is to be done.

    Raises:
        ValueError: If it has another shape, or a dtype that pipelines do not take.

    Examples:
        >>> native(np.ones((1, 1, 1), '>u2'), 'a.tif').dtype
        dtype('uint16')
    """
    order = image.dtype.newbyteorder('=')
    if image.ndim != 3 or order not in DTYPES:
        raise ValueError(
            f'{shown(name)} is {image.dtype} of shape {image.shape}, and views are made of (height, width, channels) '
            f'of one of {", ".join(map(str, DTYPES))}: load it with mmdecon.LoadRaster, or convert the file'
        )
    return image if image.dtype == order else image.astype(order)


def may_be_invalid(dtype: np.dtype, nodata: float | None) -> bool:
    """Whether an image of a dtype can have pixels without a value: those of photos never do."""
    return nodata is not None or dtype.kind == 'f'


def find_valid(image: np.ndarray, nodata: float | None = None) -> np.ndarray | None:
    """Finds the pixels that were measured: those of which every channel has a finite value other than ``nodata``.

    Args:
        image: (H, W, C).
        nodata: What stands for "not measured", besides NaN and infinity; None if nothing does. A value that the
            dtype cannot hold stands for nothing.

    Returns:
        (H, W), bool; None if all are.

    Examples:
        >>> find_valid(np.array([[[0, 7], [5, 7]]]), nodata=0)
        array([[False,  True]])
    """
    if not may_be_invalid(image.dtype, nodata):
        return None
    invalid = np.zeros(image.shape[:2], bool)
    if image.dtype.kind == 'f':
        invalid |= ~np.isfinite(image).all(axis=2)
    if nodata is not None and _holds(image.dtype, nodata):
        invalid |= (image == image.dtype.type(nodata)).any(axis=2)
    return ~invalid if invalid.any() else None


def mark_invalid(image: np.ndarray, nodata: float | None) -> np.ndarray:
    """Marks pixels without a value by NaN, for who knows no ``nodata``.

    Args:
        image: (H, W, C).
        nodata: See :func:`find_valid`.

    Returns:
        ``image`` itself if all are valid, otherwise floats that hold the values of its dtype.
    """
    valid = find_valid(image, nodata)
    return image if valid is None else np.where(valid[..., None], image, np.nan).astype(computing(image.dtype))


def _holds(dtype: np.dtype, value: float) -> bool:
    """Whether some pixel of a dtype may have a value; floats round it."""
    if dtype.kind == 'f':
        return bool(np.isfinite(value))  # others are invalid anyway
    low, high = limits(dtype)
    return bool(low <= value <= high and value == int(value))


def limits(dtype: np.dtype) -> tuple[float, float]:
    """The lowest and the highest value of an integer dtype."""
    info = np.iinfo(dtype)
    return float(info.min), float(info.max)


def find_range(dtype: np.dtype, value_range: Sequence[float] | None, place: str) -> tuple[float, float]:
    """The lowest and the highest value that an image may have.

    Args:
        dtype: Of the image.
        value_range: What the file or the config says, or None.
        place: Who asks, for the message.

    Raises:
        ValueError: If floats come without a range.
    """
    if value_range is not None:
        return float(value_range[0]), float(value_range[1])
    if dtype.kind == 'f':
        raise ValueError(
            f'{place} needs to know which values {dtype} pixels have: give value_range=(low, high) to '
            f'mmdecon.LoadRaster, or to {place}; tools/pixel_statistics.py finds them'
        )
    return limits(dtype)


def as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Floats as pixels of a dtype: rounded and clipped to its limits, where it is an integer's.

    Examples:
        >>> as_dtype(np.array([-3.0, 1.6, 300.0]), np.dtype('uint8'))
        array([  0,   2, 255], dtype=uint8)
    """
    if dtype.kind == 'f':
        return values.astype(dtype, copy=False)
    return np.clip(np.rint(values), *limits(dtype)).astype(dtype)


def mirrored(image: np.ndarray) -> np.ndarray:
    """An image or a mask (H, W, ...), flipped left to right, contiguous."""
    return np.ascontiguousarray(image[:, ::-1])


def computing(dtype: np.dtype) -> np.dtype:
    """The float dtype that holds all values of a dtype: float32, or float64 where it has more than 24 bits."""
    return np.dtype(np.float64 if dtype.itemsize > 2 and dtype != np.float32 else np.float32)
