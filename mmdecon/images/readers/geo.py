"""JPEG 2000, as satellites' scenes come, by rasterio; only the blocks of a window. TIFF is read by tifffile.

Shapes: H x W an image in pixels, C channels.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..crops import Box
from .base import Source

LEAST_ROWS = 256  # at once


class GeoSource(Source):
    """A file that GDAL opens; its bands are channels."""

    def _read_header(self) -> None:
        with self._opened() as file:
            self.shape, self.channels = (file.height, file.width), file.count
            self.dtype = np.dtype(file.dtypes[0])
            self.nodata = None if file.nodata is None else float(file.nodata)
            self.levels = (1, *file.overviews(1))
            self.rows = max(LEAST_ROWS, file.block_shapes[0][0])
            bits = file.tags(1, ns='IMAGE_STRUCTURE').get('NBITS')
        if bits is not None and self.dtype.kind == 'u':
            self.value_range = (0.0, float(2 ** int(bits) - 1))

    @contextmanager
    def _opened(self, level: int = 0) -> Iterator[Any]:
        """The file, at a level."""
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning

        how = {} if level == 0 else dict(overview_level=level - 1)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', NotGeoreferencedWarning)
            if self.content is None:
                with rasterio.open(self.path, **how) as file:
                    yield file
            else:
                with rasterio.MemoryFile(self.content) as memory, memory.open(**how) as file:
                    yield file

    def _read(self, page: int, box: Box, bands: Sequence[int], level: int) -> np.ndarray:
        left, top, right, bottom = box
        with self._opened(level) as file:
            pixels = file.read([band + 1 for band in bands], window=((top, bottom), (left, right)))
        return np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
