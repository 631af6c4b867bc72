"""Shrinks an image by a whole number while it is read, a few rows at a time.

Shapes: h x w a crop in pixels, k the reduction, C channels.
"""

import numpy as np


class BlockMeans:
    """Means of k x k blocks of a crop whose rows come in parts, top to bottom.

    Args:
        k: The reduction; 1 keeps all pixels.
        nodata: The value that stands for "not measured", or None. Such values and NaN do not count; a block without
            any other is nodata, or NaN.
    """

    def __init__(self, k: int, nodata: float | None = None) -> None:
        self.k, self.nodata = k, nodata
        self._done: list[np.ndarray] = []
        self._rest: np.ndarray | None = None

    def add(self, rows: np.ndarray) -> None:
        """Takes the next rows.

        Args:
            rows: (., w, C); w is a multiple of k.
        """
        if self.k == 1:
            self._done.append(rows)
            return
        rows = rows if self._rest is None else np.concatenate([self._rest, rows])
        whole = len(rows) // self.k * self.k
        if whole:
            self._done.append(block_means(rows[:whole], self.k, self.nodata))
        self._rest = rows[whole:]

    def result(self) -> np.ndarray:
        """The crop, (h / k, w / k, C), of the dtype of the rows; what is left of a block at the bottom is not in it."""
        return self._done[0] if len(self._done) == 1 else np.concatenate(self._done)


def block_means(pixels: np.ndarray, k: int, nodata: float | None = None) -> np.ndarray:
    """Means of k x k blocks.

    Args:
        pixels: (h, w, C), h and w multiples of k.
        k: The reduction.
        nodata: See :class:`BlockMeans`.

    Returns:
        (h / k, w / k, C), of the same dtype; integers are rounded, and a mean that would be ``nodata`` is moved by 1.

    Examples:
        >>> block_means(np.array([[[1], [2]], [[3], [9]]], np.uint16), 2, nodata=9).ravel().tolist()
        [2]
    """
    is_float = pixels.dtype.kind == 'f'
    if not is_float and nodata is None:
        return np.rint(_block_sums(pixels, k) / k**2).astype(pixels.dtype)
    valid = np.ones(pixels.shape, bool) if nodata is None else pixels != nodata
    if is_float:
        valid &= ~np.isnan(pixels)
    count = _block_sums(valid, k)
    empty = np.nan if nodata is None else nodata
    sums = _block_sums(np.where(valid, pixels, pixels.dtype.type(0)), k)
    means = np.divide(sums, count, out=np.full(count.shape, empty, np.float64), where=count > 0)
    if is_float or nodata is None:
        return means.astype(pixels.dtype)
    rounded = np.rint(means)
    rounded[(rounded == nodata) & (count > 0)] += 1  # a measured mean must not read as "not measured"
    return rounded.astype(pixels.dtype)


def _block_sums(pixels: np.ndarray, k: int) -> np.ndarray:
    """Sums of k x k blocks, float64; row by row, as NumPy is slow at short sums."""
    h, w, channels = pixels.shape
    rows = pixels[::k].astype(np.float64)
    for start in range(1, k):
        rows += pixels[start::k]
    return rows.reshape(h // k, w // k, k, channels).sum(2)
