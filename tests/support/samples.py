"""Comparison of two random samples."""

import numpy as np


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of two samples."""
    points = np.concatenate([a, b])
    return max(
        abs(
            np.searchsorted(np.sort(a), points, 'right') / len(a)
            - np.searchsorted(np.sort(b), points, 'right') / len(b)
        )
    )


def critical_distance(count: int) -> float:
    """The distance that two samples of ``count`` values from one distribution exceed once in a thousand cases."""
    return 1.95 * np.sqrt(2 / count)
