"""Finds files whose values are more than bytes, as their headers tell."""

from typing import Any, BinaryIO

from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from .header import TIFF_MARKS, Header

BITS, KIND = 258, 339  # TIFF's tags: bits a channel, and whether they are unsigned, signed or floats
UNSIGNED = 1
BYTE, HIGHEST = 8, 255


def exceeds_bytes(file: BinaryIO, header: Header | None) -> bool:
    """Tells whether a file holds more than 8 unsigned bits a channel; JPEG and WebP never do.

    Args:
        file: The opened file; its position is moved.
        header: What :func:`~mmdecon.images.header.read_header` found in it; it knows no TIFF of unusual channels.
    """
    try:
        return _exceeds(file, header)
    except Exception:  # on damaged bytes Pillow raises nearly anything; the decoder will tell
        return False


def _exceeds(file: BinaryIO, header: Header | None) -> bool:
    """The same, of a sound file."""
    image = None if header is None else header.image
    if image is None or isinstance(image, TiffImageFile):
        tags = _tags(file) if image is None else image.tag_v2
        return max(tags.get(BITS, (1,))) > BYTE or any(kind != UNSIGNED for kind in tags.get(KIND, ()))
    if isinstance(image, PngImageFile | PpmImageFile) and image.tile:
        how: Any = image.tile[0][3]  # Pillow's name of the raw values, such as RGB;16B, or with it their highest value
        return ';16' in how if isinstance(how, str) else how[-1] > HIGHEST
    return False


def _tags(file: BinaryIO) -> Any:
    """The first tags of a TIFF; none of what is no TIFF."""
    file.seek(0)
    start = file.read(8)
    if not start.startswith(TIFF_MARKS):
        return {}
    tags = ImageFileDirectory_v2(start + file.read(8 if b'+' in start[2:4] else 0))
    file.seek(tags.next)
    tags.load(file)
    return tags
