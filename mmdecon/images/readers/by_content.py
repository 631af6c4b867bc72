"""Finds the reader of a file by the bytes that it begins with, never by its name."""

from collections.abc import Callable

from ...compat import require
from ..errors import unreadable
from ..header import TIFF_MARKS
from .arrays import ArchiveSource, ArraySource
from .base import Source, naming
from .dicom import DicomSource
from .geo import GeoSource
from .layout import Layout
from .photos import JpegSource, PhotoSource
from .tiff import TiffSource

Reader = Callable[[str, bytes | None, Layout], Source]

LONGEST = 132  # bytes that decide
DICOM_MARK, DICOM_AT = b'DICM', 128
JPEG2000_MARKS = (b'\0\0\0\x0cjP  \r\n\x87\n', b'\xff\x4f\xff\x51')
READERS: dict[bytes, tuple[str | None, Reader]] = {
    **dict.fromkeys(TIFF_MARKS, ('tifffile', TiffSource)),
    **dict.fromkeys(JPEG2000_MARKS, ('rasterio', GeoSource)),
    b'\x93NUMPY': (None, ArraySource),
    b'PK\x03\x04': (None, ArchiveSource),
    b'\xff\xd8': (None, JpegSource),
    **dict.fromkeys((b'\x89PNG\r\n\x1a\n', b'RIFF', b'BM', b'P5', b'P6'), (None, PhotoSource)),
}


def open_source(path: str, layout: Layout, content: bytes | None = None) -> Source:
    """Reads the header of an image file of any kind.

    Args:
        path: A local file.
        layout: How it is read where it does not tell.
        content: Its bytes, if ``path`` only names it.

    Raises:
        UnreadableImage: If it is missing, damaged, or of a kind that nothing reads.
        AmbiguousImage: If it can be read in several ways.
        ModuleNotFoundError: If the library that reads it is not installed; names it and the pip line.
    """
    with naming(path):
        if content is None:
            with open(path, 'rb') as file:
                start = file.read(LONGEST)
        else:
            start = content[:LONGEST]
    library, reader = _find(start, path)
    if library is not None:
        require(library)
    return reader(path, content, layout)


def _find(start: bytes, path: str) -> tuple[str | None, Reader]:
    """The library that a file needs, if it is an optional one, and its reader."""
    if start[DICOM_AT:] == DICOM_MARK:  # first, as any bytes may stand before it
        return 'pydicom', DicomSource
    for mark, found in READERS.items():
        if start.startswith(mark):
            return found
    kinds = 'JPEG, PNG, WebP, BMP, PGM, PPM, TIFF, JPEG 2000, DICOM, .npy or .npz'
    raise unreadable(path, f'its first bytes are of no kind that is read: {kinds}' if start else 'it is empty')
