"""What every reader of image files offers.

Shapes: H x W an image in pixels, P pages, C channels.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from ...compat import require
from ...texts import shown
from ..crops import Box
from ..encoded import DTYPES
from ..errors import UnreadableImage, unreadable
from ..header import refuse_oversized
from .layout import AmbiguousImage, Layout


class Source(ABC):
    """A file of which only the header has been read.

    Args:
        path: The file, for messages.
        content: Its bytes, where they do not come from the disk.
        layout: How it is read where it does not tell.

    Attributes:
        shape: (H, W).
        channels: C.
        dtype: Of the pixels, in the machine's byte order.
        pages: P.
        slices: How many pages in a row are neighbours in a volume.
        levels: Reductions at which it can be read, ascending, from 1.
        rows: How many rows are decoded at once; None if it can only be decoded whole.
        value_range: Lowest and highest value, where the file tells.
        nodata: The value that stands for "not measured", where the file tells.
        series: What names the volume that a file of one slice belongs to, or None.
        place: What orders the slices of a series: the position in millimetres, if known, and the number.
    """

    channels: int = 1
    pages: int = 1
    slices: int = 1
    levels: tuple[int, ...] = (1,)
    rows: int | None = None
    value_range: tuple[float, float] | None = None
    nodata: float | None = None
    series: str | None = None
    place: tuple[float | None, int] = (None, 0)

    def __init__(self, path: str, content: bytes | None, layout: Layout) -> None:
        self.path, self.content, self.layout = path, content, layout
        self.shape, self.dtype = (0, 0), np.dtype('uint8')
        self._kept: dict[Any, np.ndarray] | None = None
        with naming(path):
            self._read_header()
        if self.dtype not in DTYPES:
            raise UnreadableImage(
                f'{shown(path)} has pixels of {self.dtype}: convert them to one of {", ".join(map(str, DTYPES))}'
            )
        if not all((*self.shape, self.channels, self.pages)):
            raise unreadable(path, 'it holds no pixel')

    @abstractmethod
    def _read_header(self) -> None:
        """Sets the attributes."""

    @abstractmethod
    def _read(self, page: int, box: Box, bands: Sequence[int], level: int) -> np.ndarray:
        """Reads pixels; see :meth:`read`."""

    def read(self, page: int, box: Box, bands: Sequence[int], level: int = 0) -> np.ndarray:
        """Decodes a part of a page.

        Args:
            page: 0..P - 1.
            box: What to read, in pixels of the level.
            bands: Which channels, in this order.
            level: Index into ``levels``.

        Returns:
            (h, w, bands), of ``dtype``.

        Raises:
            UnreadableImage: If the file is damaged.
        """
        with naming(self.path):
            return self._read(page, box, bands, level)

    def level_shape(self, level: int) -> tuple[int, int]:
        """The size of a level, which its reduction divides, rounded up."""
        k = self.levels[level]
        return -(-self.shape[0] // k), -(-self.shape[1] // k)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keeps what is decoded until :meth:`forget`, for parts that overlap."""
        self._kept = {}
        try:
            yield
        finally:
            self._kept = None

    def forget(self) -> None:
        """Frees what was kept; of a file that is decoded whole, it is needed until the end."""
        if self._kept is not None and self.rows is not None:
            self._kept.clear()

    def _open(self) -> BinaryIO:
        """The file, at its start."""
        return open(self.path, 'rb') if self.content is None else BytesIO(self.content)


class WholeSource(Source):
    """A file that can only be decoded whole, one page at a time."""

    @abstractmethod
    def _decode(self, page: int, level: int) -> np.ndarray:
        """Decodes a page.

        Returns:
            (H, W, C), or at a lower level fewer pixels.
        """

    def _read(self, page: int, box: Box, bands: Sequence[int], level: int) -> np.ndarray:
        left, top, right, bottom = box
        image = self._whole(page, level)[top:bottom, left:right]
        return image if list(bands) == list(range(self.channels)) else image[..., list(bands)]

    def _whole(self, page: int, level: int) -> np.ndarray:
        """Decodes a page, or takes what was kept."""
        if self._kept is not None and (page, level) in self._kept:
            return self._kept[page, level]
        refuse_oversized(self.shape[1], self.shape[0], self.path)
        image = self._decode(page, level)
        expected = (*self.level_shape(level), self.channels)
        if image.shape != expected or image.dtype != self.dtype:
            raise unreadable(
                self.path,
                f'its header tells of {expected} values of {self.dtype}, but there are {image.shape} of {image.dtype}',
            )
        if self._kept is not None:
            self._kept[page, level] = image
        return image


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Names the file in whatever goes wrong, but for what is no fault of the file."""
    try:
        yield
    except (UnreadableImage, AmbiguousImage, ModuleNotFoundError):
        raise
    except Exception as error:  # on damaged bytes the libraries raise nearly anything
        if 'imagecodecs' in str(error):
            require('imagecodecs')
        raise unreadable(path, error) from error
