"""A page of a file, or a tile of it, of which only the windows that crops need are decoded.

Shapes: H x W the page or tile, h x w a view, both in pixels; C channels, k a reduction.
"""

from collections.abc import Sequence

import numpy as np

from .allowed_values import Values
from .block_means import BlockMeans
from .crops import Box
from .encoded import Encoded
from .errors import unreadable
from .header import refuse_oversized
from .pixels import find_valid
from .readers.base import Source


class RasterImage(Encoded):
    """A page of a file, or a tile of it, with chosen bands.

    Args:
        source: The file.
        page: Which page.
        bands: Which channels, in this order; None for all.
        window: The tile in pixels of the page; None for all of it.
        nodata: The value that stands for "not measured", or None.
        values: Which values are allowed; None for any.

    Raises:
        UnreadableImage: If the window is not in the page.
    """

    def __init__(
        self,
        source: Source,
        page: int = 0,
        bands: Sequence[int] | None = None,
        window: Box | None = None,
        nodata: float | None = None,
        values: Values | None = None,
    ) -> None:
        height, width = source.shape
        self.source, self.page, self.values = source, page, values
        self.bands = list(range(source.channels)) if bands is None else list(bands)
        left, top, right, bottom = self.window = (0, 0, width, height) if window is None else window
        if not (0 <= left < right <= width and 0 <= top < bottom <= height and 0 <= page < source.pages):
            raise unreadable(
                source.path,
                f'no window {self.window} of page {page}: it has {source.pages} pages of {width} x {height} pixels; '
                'did it change since?',
            )
        self.nodata = None if nodata is None else _as_stored(nodata, source.dtype)
        super().__init__(source.path, (bottom - top, right - left), len(self.bands), str(source.dtype))

    def decode(self) -> np.ndarray:
        """Decodes the page or tile.

        Returns:
            (H, W, C).

        Raises:
            UnreadableImage: If the file is damaged, or has more pixels than allowed.
            ValueError: If a value is not allowed.
        """
        refuse_oversized(self.shape[1], self.shape[0], self.path)
        return self._pixels(self.window, 0)

    def verify(self, boxes: Sequence[Box] = ()) -> list[bool]:
        """Decodes everything and keeps nothing.

        Args:
            boxes: In pixels of this image.

        Returns:
            Of each box, whether some pixel in it has a value.

        Raises:
            UnreadableImage: If the file is damaged, or has more pixels than allowed.
            ValueError: If a value is not allowed.
        """
        left, top, right, bottom = self.window
        rows, filled = self.source.rows or bottom, np.zeros(len(boxes), bool)
        firsts, lasts = (top + np.array([box[side] for box in boxes], int) for side in (1, 3))
        for start in range(top, bottom, rows):
            valid = find_valid(self._pixels((left, start, right, min(bottom, start + rows)), 0), self.nodata)
            for number in np.flatnonzero(~filled & (firsts < start + rows) & (lasts > start)):
                part = slice(max(0, firsts[number] - start), lasts[number] - start)
                filled[number] = valid is None or valid[part, boxes[number][0] : boxes[number][2]].any()
        return filled.tolist()

    def cut(self, boxes: Sequence[Box], size: tuple[int, int]) -> tuple[list[Box], list[np.ndarray]]:
        """Decodes crops: the tiles, strips or blocks that they touch, or the whole page where a format has none.

        Each crop is decoded at 1/k of the resolution, where k is the largest power of two at which it still has as
        many pixels as the view. A file's own smaller copy is read where it has one for all crops; the rest of the
        reduction is by means of blocks, row by row of tiles, so that memory is bounded whatever the size of the crop.
        Formats that are decoded whole are reduced only by what their decoder offers.

        Args:
            boxes: Crops in pixels of this image.
            size: (h, w), the size that the crops will be resized to.

        Returns:
            The boxes that were cut, in pixels of this image, and the crops.

        Raises:
            UnreadableImage: If the file is damaged.
            ValueError: If a value is not allowed.
        """
        reductions = [_reduction(box, size) for box in boxes]
        level = self._level(boxes, min(reductions), size)
        k, by_rows = self.source.levels[level], self.source.rows is not None
        factors = [reduction // k if by_rows else 1 for reduction in reductions]
        coarse = [_trimmed(self._at_level(box, k), factor) for box, factor in zip(boxes, factors)]
        left, top = self.window[:2]
        cut = [(x * k - left, y * k - top, r * k - left, b * k - top) for x, y, r, b in coarse]
        return cut, self._read(coarse, factors, level)

    def _level(self, boxes: Sequence[Box], most: int, size: tuple[int, int]) -> int:
        """The smallest copy of the page in which each crop has as many pixels as the view, or as it has itself."""
        levels = [n for n, k in enumerate(self.source.levels) if k <= most and most % k == 0]
        for level in levels[::-1]:
            coarse = [self._at_level(box, self.source.levels[level]) for box in boxes]
            if all(r - x >= size[1] and b - y >= size[0] for x, y, r, b in coarse):
                return level
        return 0

    def _at_level(self, box: Box, k: int) -> Box:
        """A box in pixels of a level: edges rounded down, but not out of the window."""
        (left, top), (x, y, right, bottom) = self.window[:2], box
        first = max((left + x) // k, -(-left // k)), max((top + y) // k, -(-top // k))
        return *first, (left + right) // k, (top + bottom) // k

    def _read(self, boxes: Sequence[Box], factors: Sequence[int], level: int) -> list[np.ndarray]:
        """Decodes boxes together, some rows at a time, and shrinks them."""
        parts = [BlockMeans(factor, self.nodata) for factor in factors]
        first, last = min(box[1] for box in boxes), max(box[3] for box in boxes)
        rows = self.source.rows or last
        with self.source.keeping():
            for start in range(first // rows * rows, last, rows):
                for (left, top, right, bottom), part in zip(boxes, parts):
                    above, below = max(top, start), min(bottom, start + rows)
                    if above < below:
                        part.add(self._pixels((left, above, right, below), level))
                self.source.forget()
        return [part.result() for part in parts]

    def _pixels(self, box: Box, level: int) -> np.ndarray:
        """Reads and checks values."""
        pixels = self.source.read(self.page, box, self.bands, level)
        return pixels if self.values is None else self.values.apply(pixels, self.nodata, self.path)


def _reduction(box: Box, size: tuple[int, int]) -> int:
    """The largest power of two at which a crop still has as many pixels as the view."""
    times = min((box[2] - box[0]) // size[1], (box[3] - box[1]) // size[0])
    return 1 << max(0, times.bit_length() - 1)


def _trimmed(box: Box, factor: int) -> Box:
    """A box without the rows and columns at its end that make no whole block."""
    left, top, right, bottom = box
    return left, top, right - (right - left) % factor, bottom - (bottom - top) % factor


def _as_stored(nodata: float, dtype: np.dtype) -> float:
    """The value as the pixels have it: files write it as text, with more digits than float32 holds."""
    return float(dtype.type(nodata)) if dtype.kind == 'f' else float(nodata)
