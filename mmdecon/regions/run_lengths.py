"""Decodes COCO's run-length codes (RLE) with every number checked; pycocotools leaves memory as it was instead.

Shapes: H x W an image in pixels, N runs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .base import as_integer

FIRST, LAST = 48, 111  # a character holds 6 bits, counted from '0'
GOES_ON, SIGN, LOW_BITS = 0x20, 0x10, 0x1F
LONGEST = 7  # characters of one run: 35 bits, more than any image has pixels


def decode_runs(code: Mapping[str, Any], size: tuple[int, int]) -> np.ndarray:
    """Decodes a run-length code, compressed or not.

    Args:
        code: With ``counts``, the lengths of the runs, column by column, of pixels outside and inside in turn; either
            a list of integers, or these compressed as pycocotools does.
        size: H and W of the image.

    Returns:
        (H, W), bool.

    Raises:
        ValueError: If the code is damaged, or does not have H * W pixels.
    """
    counts, pixels = code.get('counts'), size[0] * size[1]
    if isinstance(counts, str):
        runs = _decompress(counts)
    elif isinstance(counts, list):
        known = [as_integer(count) for count in counts]
        runs = np.array([-1 if count is None or abs(count) > pixels else count for count in known], np.int64)
    else:
        raise ValueError(f'its counts are {type(counts).__name__}, neither a list nor a string')
    if (runs < 0).any() or (runs > pixels).any():
        raise ValueError(f'its counts are not all whole numbers from 0 to {pixels}, the pixels of its image')
    if runs.sum() != pixels:
        raise ValueError(f'its runs have {runs.sum()} pixels, its image {pixels}')
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return np.ascontiguousarray(flat.reshape(size[1], size[0]).T)


def _decompress(counts: str) -> np.ndarray:
    """Reads the lengths from a compressed code, (N,), int64: from the third on, each is stored as its difference."""
    values = np.frombuffer(counts.encode('utf-8', 'surrogatepass'), np.uint8).astype(np.int64)
    if not len(values) or values.min() < FIRST or values.max() > LAST:
        raise ValueError('its counts hold characters that do not belong there, or none')
    values -= FIRST
    ends = np.flatnonzero((values & GOES_ON) == 0) + 1
    lengths = np.diff(ends, prepend=0)
    if not len(ends) or ends[-1] != len(values) or lengths.max() > LONGEST:
        raise ValueError('its counts are cut off or damaged')
    starts = ends - lengths
    shifts = 5 * (np.arange(len(values)) - np.repeat(starts, lengths))
    runs = np.add.reduceat((values & LOW_BITS) << shifts, starts)
    runs -= np.where(values[ends - 1] & SIGN, 1 << 5 * lengths, 0)  # two's complement
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return runs
