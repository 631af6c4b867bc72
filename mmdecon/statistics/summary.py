"""Mean, standard deviation, smallest, largest and ranks of many values, gathered part by part.

Shapes: C channels, N pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .keys import HALF, TABLE, from_key, is_wide, to_keys

Bins = Mapping[int, Sequence[int]]  # of each channel: which upper halves of keys are looked at again


@dataclass
class Summary:
    """What is known of the pixels seen so far.

    Means and sums of squares are merged as by Chan, Golub and LeVeque (1979), which loses no digits to cancellation.

    Attributes:
        dtype: Of the pixels.
        count: How many valid pixels there were.
        left_out: How many pixels had no value.
        mean: Of each channel, (C,), float64.
        squares: Sums of the squared distances from the mean, (C,), float64.
        low: The smallest values, (C,).
        high: The largest values, (C,).
        ranks: How many values have each upper half of a key (each key, up to 16 bits), (C, 65536), int64.
    """

    dtype: np.dtype
    count: int
    left_out: int
    mean: np.ndarray
    squares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    ranks: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, pixels: np.ndarray, left_out: int = 0) -> 'Summary':
        """Summarises pixels.

        Args:
            pixels: (N, C), finite.
            left_out: How many others had no value.
        """
        channels, dtype = pixels.shape[1], pixels.dtype
        ranks = np.stack([_count(_upper(to_keys(plane, dtype), dtype)) for plane in pixels.T])
        if not len(pixels):
            none = np.zeros(channels)
            return cls(dtype, 0, left_out, none, none, none + np.inf, none - np.inf, ranks)
        values = pixels.astype(np.float64)
        mean = values.mean(axis=0)
        squares = np.square(values - mean).sum(axis=0)
        return cls(dtype, len(pixels), left_out, mean, squares, values.min(axis=0), values.max(axis=0), ranks)

    def merged(self, other: 'Summary') -> 'Summary':
        """Joins what is known of two parts."""
        count = self.count + other.count
        share = other.count / max(count, 1)
        step = other.mean - self.mean
        return Summary(
            self.dtype,
            count,
            self.left_out + other.left_out,
            self.mean + step * share,
            self.squares + other.squares + np.square(step) * self.count * share,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            self.ranks + other.ranks,
        )

    @property
    def std(self) -> np.ndarray:
        """Standard deviations, (C,), as ``numpy.std`` has them."""
        return np.sqrt(self.squares / max(self.count, 1))

    def wanted(self, percents: Sequence[float]) -> Bins:
        """The upper halves of the keys that percentiles lie in, of each channel; none where keys have 16 bits."""
        if not is_wide(self.dtype):
            return {}
        sums = self.ranks.cumsum(axis=1)
        places = sorted({rank for percent in percents for rank in self._places(percent)[:2]})
        return {
            channel: sorted({int(np.searchsorted(one, rank, side='right')) for rank in places})
            for channel, one in enumerate(sums)
        }

    def percentiles(self, percents: Sequence[float], lower: Mapping[tuple[int, int], np.ndarray]) -> np.ndarray:
        """Percentiles as ``numpy.percentile`` has them, by linear interpolation between two values.

        Args:
            percents: 0..100.
            lower: Counts of the lower halves of keys, (65536,), by channel and upper half; of those :meth:`wanted`.

        Returns:
            (P, C), float64; exact, but for float64, whose values are rounded to float32.
        """
        found = np.empty((len(percents), len(self.mean)))
        for row, percent in enumerate(percents):
            first, second, part = self._places(percent)
            for channel in range(len(self.mean)):
                a, b = (self._value(channel, rank, lower) for rank in (first, second))
                found[row, channel] = a + (b - a) * part
        return found

    def _places(self, percent: float) -> tuple[int, int, float]:
        """Ranks of the two values that a percentile lies between, and how far it is from the first to the second."""
        place = (self.count - 1) * percent / 100
        return int(place), min(int(place) + 1, self.count - 1), place - int(place)

    def _value(self, channel: int, rank: int, lower: Mapping[tuple[int, int], np.ndarray]) -> float:
        """The value with ``rank`` smaller or equal ones before it."""
        sums = self.ranks[channel].cumsum()
        upper = int(np.searchsorted(sums, rank, side='right'))
        if not is_wide(self.dtype):
            return from_key(upper, self.dtype)
        within = rank - (int(sums[upper - 1]) if upper else 0)
        rest = int(np.searchsorted(lower[channel, upper].cumsum(), within, side='right'))
        return from_key((upper << HALF) | rest, self.dtype)


def count_lower(pixels: np.ndarray, wanted: Bins) -> dict[tuple[int, int], np.ndarray]:
    """Counts the lower halves of the keys whose upper halves are wanted.

    Args:
        pixels: (N, C), finite.
        wanted: Of :meth:`Summary.wanted`.

    Returns:
        Channel and upper half -> counts, (65536,), int64.
    """
    counts = {}
    for channel, uppers in wanted.items():
        keys = to_keys(pixels[:, channel], pixels.dtype)
        for upper in uppers:
            counts[channel, upper] = _count(keys[keys >> HALF == upper] & (TABLE - 1))
    return counts


def _upper(keys: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """What the first table counts."""
    return keys >> HALF if is_wide(dtype) else keys


def _count(numbers: np.ndarray) -> np.ndarray:
    """How often each of 65536 numbers is there."""
    return np.bincount(numbers, minlength=TABLE)
