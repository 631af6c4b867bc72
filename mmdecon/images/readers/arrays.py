"""Arrays saved by NumPy. ``.npy`` files are mapped into memory, so that only what is needed is read.

Shapes: H x W an image in pixels, P pages, C channels.
"""

import zipfile
from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.lib import format as npy

from ...texts import shown
from ..crops import Box
from ..errors import unreadable
from .base import Source, WholeSource
from .layout import AmbiguousImage

ROWS = 256  # at once, where any number can be read
MOST_CHANNELS = 4  # of (H, W, C), without LoadRaster.axes


class _Axes:
    """Orders the axes of an array as pages, rows, columns and channels."""

    def __init__(self, source: Source, shape: Sequence[int], dtype: np.dtype) -> None:
        axes = self.axes = _letters(source, shape)
        self.others = [number for number, axis in enumerate(axes) if axis not in 'YX']
        letters, lengths = ''.join(axes[n] for n in self.others), [shape[n] for n in self.others]
        self.lengths = lengths
        self.planes = source.layout.planes(letters, lengths, source.path)
        source.shape = shape[axes.index('Y')], shape[axes.index('X')]
        source.pages, source.channels = self.planes.shape
        source.slices = source.layout.slices(letters, lengths)
        is_binary = dtype.kind == 'b'
        source.dtype = np.dtype('uint8') if is_binary else dtype.newbyteorder('=')
        source.value_range = (0.0, 1.0) if is_binary else None

    def pick(self, array: np.ndarray, page: int, box: Box, bands: Sequence[int]) -> np.ndarray:
        """Takes a part of a page."""
        left, top, right, bottom = box
        array = array.transpose(*self.others, self.axes.index('Y'), self.axes.index('X'))
        array = array[..., top:bottom, left:right]
        planes = [array[np.unravel_index(self.planes[page, band], self.lengths)] for band in bands]
        return np.stack(planes, -1)


def _letters(source: Source, shape: Sequence[int]) -> str:
    """The letters of an array's axes."""
    axes, sides = source.layout.axes, ' x '.join(map(str, shape))
    if axes is not None:
        if len(axes) != len(shape):
            raise AmbiguousImage(
                f'{shown(source.path)} is an array of {sides}, and LoadRaster.axes={axes!r} names {len(axes)} axes'
            )
        return axes
    if len(shape) == 2:
        return 'YX'
    if len(shape) == 3 and shape[2] <= MOST_CHANNELS < min(shape[:2]):
        return 'YXC'
    raise AmbiguousImage(
        f'{shown(source.path)} is an array of {sides} and does not tell which axis is which: set LoadRaster.axes, such '
        "as 'YXC', 'CYX' or 'ZYX'"
    )


class ArraySource(Source):
    """A ``.npy`` file."""

    rows = ROWS

    def _read_header(self) -> None:
        with self._open() as file:
            version = npy.read_magic(file)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            stored, self._by_columns, self._dtype = read(file)
            self._stored, self._at = stored, file.tell()
            size = file.seek(0, 2)
        if self._dtype.hasobject:
            raise unreadable(self.path, 'it holds Python objects, not numbers')
        if size < self._at + prod(stored) * self._dtype.itemsize:
            raise unreadable(self.path, f'it is cut short: {size} bytes')
        self._axes = _Axes(self, stored, self._dtype)

    def _read(self, page: int, box: Box, bands: Sequence[int], level: int) -> np.ndarray:
        how = dict(dtype=self._dtype, shape=self._stored, offset=self._at, order='F' if self._by_columns else 'C')
        array: np.ndarray
        if self.content is None:
            array = np.memmap(self.path, mode='r', **how)
        else:
            array = np.ndarray(buffer=self.content, **how)
        return np.ascontiguousarray(self._axes.pick(array, page, box, bands).astype(self.dtype, copy=False))


class ArchiveSource(WholeSource):
    """One array of an ``.npz`` file, which is decoded whole."""

    def _read_header(self) -> None:
        with self._open() as file, zipfile.ZipFile(file) as archive:
            names = [name.removesuffix('.npy') for name in archive.namelist() if name.endswith('.npy')]
            self._key = self._choose(names)
            with archive.open(f'{self._key}.npy') as member:
                version = npy.read_magic(member)
                read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
                shape, _, dtype = read(member)
        self._axes = _Axes(self, shape, dtype)

    def _choose(self, names: list[str]) -> str:
        """The array to read."""
        key, listed = self.layout.key, ', '.join(names)
        if not names:
            raise unreadable(self.path, 'it is a zip file without arrays of NumPy')
        if key is None and len(names) == 1:
            return names[0]
        if key in names:
            return str(key)
        wrong = 'choose one by LoadRaster.key' if key is None else f'LoadRaster.key={key!r} is none of them'
        raise AmbiguousImage(f'{shown(self.path)} holds the arrays {listed}: {wrong}')

    def _decode(self, page: int, level: int) -> np.ndarray:
        with self._open() as file, np.load(file, allow_pickle=False) as archive:
            array = archive[self._key]
        box = (0, 0, self.shape[1], self.shape[0])
        return self._axes.pick(array, page, box, range(self.channels)).astype(self.dtype, copy=False)
