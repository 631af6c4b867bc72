"""Means over seeds or draws and their 95 % t-intervals."""

import math
from collections.abc import Sequence
from statistics import mean, stdev
from typing import NamedTuple

from scipy.special import stdtrit

TRUST = 0.95


class Spread(NamedTuple):
    """A mean, half the width of its 95 % t-interval (NaN for one value), the extremes, and how many values."""

    mean: float
    half: float
    low: float
    high: float
    n: int

    def show(self, sign: bool = False, digits: int = 1) -> str:
        """A cell of a table.

        Args:
            sign: Whether a positive mean has one.
            digits: Behind the point.

        Example:
            >>> Spread(5.12, 0.44, 4.9, 6.0, 5).show(sign=True)
            '+5.1 ± 0.4'
        """
        text = f'{self.mean:{"+" if sign else ""}.{digits}f}'
        return text if math.isnan(self.half) else f'{text} ± {self.half:.{digits}f}'


def spread(values: Sequence[float]) -> Spread:
    """Mean and t-interval: half of it is the quantile at n - 1 degrees of freedom times the standard error.

    Args:
        values: One of each seed or draw.
    """
    n = len(values)
    half = float(stdtrit(n - 1, (1 + TRUST) / 2)) * stdev(values) / math.sqrt(n) if n > 1 else math.nan
    return Spread(mean(values), half, min(values), max(values), n)
