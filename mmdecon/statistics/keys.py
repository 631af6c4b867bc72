"""Numbers that sort as pixels do, of at most 32 bits, so that ranks can be counted in two tables of 65536.

Shapes: N values.
"""

import numpy as np

HALF = 16  # bits of each of the two tables
TABLE = 1 << HALF
SIGN = np.uint32(1 << 31)


def is_wide(dtype: np.dtype) -> bool:
    """Whether keys have more than 16 bits, so that exact percentiles need a second look at the pixels."""
    return dtype.kind == 'f' or dtype.itemsize > 2


def to_keys(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Turns values into keys.

    Args:
        values: (N,), finite, of ``dtype``.
        dtype: One of :data:`~mmdecon.images.encoded.DTYPES`; floats of 64 bits are rounded to 32.

    Returns:
        (N,), uint32, in the same order as the values.

    Examples:
        >>> to_keys(np.array([-1, 0], np.int8), np.dtype('int8'))
        array([127, 128], dtype=uint32)
    """
    if dtype.kind != 'f':
        return (values.astype(np.int64) - np.iinfo(dtype).min).astype(np.uint32)
    bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32)  # -0 becomes 0
    return np.where(bits & SIGN, ~bits, bits | SIGN)


def from_key(key: int, dtype: np.dtype) -> float:
    """The value of a key.

    Examples:
        >>> from_key(127, np.dtype('int8'))
        -1.0
        >>> from_key(int(to_keys(np.array([-2.5]), np.dtype(float))[0]), np.dtype(float))
        -2.5
    """
    if dtype.kind != 'f':
        return float(key + np.iinfo(dtype).min)
    bits = np.uint32(key)
    return float(np.array(bits ^ SIGN if bits & SIGN else ~bits, np.uint32).view(np.float32))
