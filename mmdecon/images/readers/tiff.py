"""TIFF, BigTIFF, OME-TIFF, GeoTIFF and microscopes' kinds of TIFF, by tifffile; only the tiles or strips of a window.

Pixels are those of the file, but for palettes, which become RGB, and grey files whose lowest value is white. Of the
images in a file, the first series of tifffile counts; masks are left out, smaller copies are levels.

Shapes: H x W an image in pixels after its orientation is applied, C channels. A plane is one page of the file; it may
have several samples a pixel.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from struct import unpack
from typing import Any

import numpy as np

from ...texts import shown
from ..crops import Box
from ..errors import unreadable
from ..orientation import ORIENTATION, SIDEWAYS, TO_THE_RIGHT, UPSIDE_DOWN, turn
from .base import Source
from .layout import AmbiguousImage
from .segments import is_mapped, map_plane, read_window, start_of

LEAST_ROWS = 256  # at once; strips are often single rows
GDAL_NODATA = 42113
WHITE_IS_ZERO, PALETTE = 0, 3  # values of the tag PhotometricInterpretation
NO_ORIENTATION = 1


class TiffSource(Source):
    """A TIFF of any kind."""

    def _read_header(self) -> None:
        from tifffile import TiffFile

        with TiffFile(self.path if self.content is None else BytesIO(self.content)) as self._tiff:
            self._series = self._choose([series for series in self._tiff.series if not series.keyframe.is_mask])
            self._require_whole()
            first = self._series[0]
            self._key = first.keyframe
            self._sort_axes(first.axes, first.shape)
            self._read_tags()
            self._require_segments()

    def _choose(self, found: Sequence[Any]) -> Sequence[Any]:
        """The images that are read: one series, or several alike, which are pages."""
        alike = len({(series.shape, series.axes, series.dtype) for series in found}) == 1
        if not found:
            raise unreadable(self.path, 'it holds no image')
        if len(found) == 1 or self.layout.pages == 'first':
            return found[:1]
        if alike:
            return found
        shapes = ', '.join(f'{series.axes} {"x".join(map(str, series.shape))}' for series in found[:5])
        raise AmbiguousImage(
            f"{shown(self.path)} holds {len(found)} images of different kinds ({shapes}): set LoadRaster.pages='first' "
            'to read the first, or split it'
        )

    def _sort_axes(self, axes: str, lengths: Sequence[int]) -> None:
        """Finds pages and channels."""
        key = self._key
        separate, depth, height, width, contiguous = key.shaped
        if depth > 1:
            raise unreadable(self.path, 'its tiles are volumetric: save its slices as pages')
        outer = len(lengths) - len(key.shape)
        axes, lengths = axes[:outer], tuple(lengths[:outer])
        self._per_series = math.prod(lengths)
        if len(self._series) > 1:
            axes, lengths = f'I{axes}', (len(self._series), *lengths)
        self._planes = self.layout.planes(axes, lengths, self.path)
        self._samples = separate * contiguous
        self.pages, self.channels = len(self._planes), self._planes.shape[1] * self._samples
        self.slices = self.layout.slices(axes, lengths)
        turned = key.tags.valueof(ORIENTATION, NO_ORIENTATION)
        self._turned = int(turned) if turned in range(1, 9) else NO_ORIENTATION
        self.shape = (width, height) if self._turned in SIDEWAYS else (height, width)
        rows = key.tilelength if key.is_tiled else min(key.rowsperstrip, height)
        self.rows = rows * math.ceil(LEAST_ROWS / rows)

    def _read_tags(self) -> None:
        """What the values are."""
        key, bits = self._key, self._key.bitspersample
        if key.dtype is None:
            raise unreadable(self.path, f'its pixels have {bits} bits of a kind that tifffile does not know')
        self.dtype, kind = np.dtype(key.dtype).newbyteorder('='), key.dtype.kind
        self._is_binary = kind == 'b'
        if kind == 'b' or (kind == 'u' and isinstance(bits, int) and bits < 8 * key.dtype.itemsize):
            self.value_range = (0.0, float(2**bits - 1))
        self._map = None
        if key.photometric == PALETTE and key.colormap is not None and self._samples == 1:
            wide = key.colormap.max() > 255  # old writers fill only the low byte
            self._map = (key.colormap >> 8 if wide else key.colormap).astype(np.uint8).T
            self.channels, self.value_range = 3 * self.channels, None
        if self._is_binary or self._map is not None:
            self.dtype = np.dtype('uint8')
        self._inverted = key.photometric == WHITE_IS_ZERO and self.layout.white_is_zero == 'invert'
        if self._inverted and self.dtype.kind != 'u':
            raise AmbiguousImage(
                f'{shown(self.path)} says that its lowest value is white, but has values of {self.dtype}: set '
                "LoadRaster.white_is_zero='keep'"
            )
        nodata = str(key.tags.valueof(GDAL_NODATA, '')).strip('\0 ')
        if nodata:
            self.nodata = self._as_nodata(nodata)
        self.levels, self._numbers = self._find_levels()

    def _as_nodata(self, text: str) -> float:
        """What GDAL's tag says, in the values that are read."""
        try:
            value = float(text)
        except ValueError as error:
            raise ValueError(f'its GDAL_NODATA is {text!r} and not a number; correct the tag') from error
        return self._top - value if self._inverted else value

    def _find_levels(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Reductions, and the numbers of the levels that have them; those that are no whole reduction are left out."""
        reductions, numbers = [], []
        for number, level in enumerate(self._series[0].levels if len(self._series) == 1 else [self._series[0]]):
            height, width = level.keyframe.shaped[2:4]
            k = round(self._key.imagewidth / width)
            fits = abs(width - self._key.imagewidth / k) < 1 and abs(height - self._key.imagelength / k) < 1
            if fits and k not in reductions and level.keyframe.dtype == self._key.dtype:
                reductions.append(k)
                numbers.append(number)
        return tuple(reductions), tuple(numbers)

    def level_shape(self, level: int) -> tuple[int, int]:
        """The size of a level."""
        height, width = self._series[0].levels[self._numbers[level]].keyframe.shaped[2:4]
        return (width, height) if self._turned in SIDEWAYS else (height, width)

    def _require_whole(self) -> None:
        """Refuses a file whose list of pages is cut short, which tifffile reads as far as it goes."""
        tiff, last = self._tiff.tiff, self._tiff.pages[-1]
        if tiff.is_ndpi:  # whose offsets have parts elsewhere
            return
        file, size = self._tiff.filehandle, self._tiff.filehandle.size
        file.seek(last.offset)
        (tags,) = unpack(tiff.tagnoformat, file.read(tiff.tagnosize))
        file.seek(last.offset + tiff.tagnosize + tags * tiff.tagsize)
        (following,) = unpack(tiff.offsetformat, file.read(tiff.offsetsize))
        if following >= size:
            raise unreadable(self.path, f'it is cut short: a page begins at byte {following} of {size}')

    def _require_segments(self) -> None:
        """Refuses a file that ends before the pixels of its last page do."""
        size = self._tiff.filehandle.size
        mapped = self._mapped(0)
        if mapped is not None:
            end = mapped + self._key.nbytes * self._planes.size
        else:
            page = self._page(int(self._planes.max()), 0)
            end = max((at + count for at, count in zip(page.dataoffsets, page.databytecounts)), default=0)
        if end > size:
            raise unreadable(self.path, f'it is cut short: pixels end at byte {end} of {size}')

    def _mapped(self, number: int) -> int | None:
        """Where a plane lies in the file as it is in memory, or None; without a look at its page."""
        series = self._series[number // self._per_series]
        if series.dataoffset is None or not is_mapped(series.keyframe):
            return None
        return int(series.dataoffset) + number % self._per_series * int(series.keyframe.nbytes)

    def _page(self, number: int, level: int) -> Any:
        """The page of a plane."""
        series = self._series[number // self._per_series].levels[self._numbers[level] if level else 0]
        number %= self._per_series
        page = series.pages[number] if number < len(series.pages) else None
        if page is None or page.parent is not self._tiff:
            raise unreadable(self.path, f'its page {number} is missing, or in another file: save it as one file')
        return page

    def _read(self, page: int, box: Box, bands: Sequence[int], level: int) -> np.ndarray:
        stored, numbers = self._stored(box, level), self._planes[page]
        per_plane = 3 if self._map is not None else self._samples
        with self._reading():
            parts = {}
            for plane in sorted({band // per_plane for band in bands}):
                samples = [band % per_plane for band in bands if band // per_plane == plane]
                parts[plane] = iter(self._values(int(numbers[plane]), stored, samples, level))
        found = [next(parts[band // per_plane]) for band in bands]
        return turn(found[0][..., None] if len(found) == 1 else np.stack(found, -1), self._turned)

    def _values(self, number: int, box: Box, samples: Sequence[int], level: int) -> np.ndarray:
        """Samples of a plane, (samples, h, w), with palette and white as they are to be."""
        place, wanted = self._mapped(number) if level == 0 else None, [0] if self._map is not None else samples
        page = self._page(number, level) if place is None else None
        key, place = (self._key, place) if page is None else (page.keyframe, start_of(page))
        if place is not None:
            values = map_plane(self.path, self.content, key, place, box, wanted)
        else:
            values = read_window(page, box, wanted, self._kept, self.path)
        if self._map is not None:
            return np.moveaxis(self._map[values[0]][..., list(samples)], -1, 0)
        values = values.view(np.uint8) if self._is_binary else values.astype(self.dtype, copy=False)
        return int(self._top) - values if self._inverted else values

    @property
    def _top(self) -> float:
        """The highest value."""
        return self.value_range[1] if self.value_range is not None else float(np.iinfo(self.dtype).max)

    def _stored(self, box: Box, level: int) -> Box:
        """Where a box of the upright image lies in the stored one."""
        (left, top, right, bottom), (height, width) = box, self.level_shape(level)
        if self._turned in TO_THE_RIGHT:
            left, right = width - right, width - left
        if self._turned in UPSIDE_DOWN:
            top, bottom = height - bottom, height - top
        return (top, left, bottom, right) if self._turned in SIDEWAYS else (left, top, right, bottom)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Opens the file again."""
        self._tiff.filehandle.open()
        try:
            yield
        finally:
            self._tiff.filehandle.close()
