"""Headers of image files: the size, before anything is decoded, and whether it may be decoded at all."""

import os
import re
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ..texts import shown
from .errors import OversizedImage

PNG_MARK = b'\x89PNG\r\n\x1a\n'
TIFF_MARKS = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
# Not Image.open, whose bound on pixels is of the whole process, and of another height than OpenCV's.
READERS: dict[bytes, Callable[[BinaryIO], ImageFile]] = {
    b'\xff\xd8': JpegImageFile,
    PNG_MARK: PngImageFile,
    b'RIFF': WebPImageFile,
    b'BM': BmpImageFile,
    b'P5': PpmImageFile,
    b'P6': PpmImageFile,
    **dict.fromkeys(TIFF_MARKS, TiffImageFile),
}
# OpenCV's own, with its defaults: one bound for what it decodes and for what Pillow does.
BOUNDS = dict(PIXELS=2**30, WIDTH=2**20, HEIGHT=2**20)
UNITS = {'': 1, 'kb': 2**10, 'mb': 2**20}
# By TIFF's tags, the values of files that OpenCV is known to decode; None is a tag's absence.
PLAIN_TIFF: dict[int, tuple[Any, ...]] = {
    258: ((8,), (8, 8, 8), (16,), (16, 16, 16)),  # bits
    259: (None, 1, 5, 8, 32946),  # compression: none, LZW, deflate
    262: (0, 1, 2, 3),  # grey, RGB, palette
    284: (None, 1),  # planes
    322: (None,),  # tiles
    339: (None, (1,), (1, 1, 1)),  # unsigned
}


class Header(NamedTuple):
    """What the header of an image file tells.

    Attributes:
        image: The file, opened by Pillow and not decoded.
        plain: Whether a decoder is known to read this kind of file; it may be damaged behind its header all the same.
    """

    image: ImageFile
    plain: bool


def read_header(file: BinaryIO, path: str) -> Header | None:
    """Reads the header of an image file.

    Args:
        file: The opened file, at its start.
        path: Its path, for error messages.

    Returns:
        The header, or None if the format is not one of ``READERS`` or the header cannot be read.

    Raises:
        OversizedImage: If it has more pixels than allowed.
    """
    start = file.read(8)
    file.seek(0)
    reader = next((READERS[mark] for mark in READERS if start.startswith(mark)), None)
    if reader is None:
        return None
    try:
        image = reader(file)
        plain = _is_plain(image)
    except Exception:  # on damaged bytes Pillow raises nearly anything
        return None
    refuse_oversized(*image.size, path)
    return Header(image, plain)


def _is_plain(image: ImageFile) -> bool:
    """Tells whether OpenCV surely decodes such a file; Pillow decodes every JPEG that it can open."""
    if isinstance(image, TiffImageFile):
        return all(image.tag_v2.get(tag) in known for tag, known in PLAIN_TIFF.items())
    if isinstance(image, BmpImageFile):
        return image.info.get('compression') == 0
    return not getattr(image, 'is_animated', False)


def refuse_oversized(width: int, height: int, path: str) -> None:
    """Refuses an image that has more pixels than allowed.

    The bounds are OpenCV's: 2**30 pixels, 2**20 a side, unless ``OPENCV_IO_MAX_IMAGE_PIXELS``, ``..._WIDTH`` or
    ``..._HEIGHT`` say otherwise. OpenCV reads these environment variables when it is loaded.

    Args:
        width: W in pixels.
        height: H in pixels.
        path: The file's path, for the message.

    Raises:
        OversizedImage: If it is larger.
    """
    for name, value in dict(PIXELS=width * height, WIDTH=width, HEIGHT=height).items():
        if value > bound(name):
            raise OversizedImage(
                f'{shown(path)} is too large, {width} x {height} pixels, and {variable(name)} is {bound(name)}; make '
                'it smaller, or set this environment variable higher before the program starts'
            )


def variable(name: str) -> str:
    """The environment variable of a bound."""
    return f'OPENCV_IO_MAX_IMAGE_{name}'


def bound(name: str) -> int:
    """Reads a bound.

    Args:
        name: A key of ``BOUNDS``.

    Raises:
        ValueError: If the environment variable is no size as OpenCV reads it, such as ``2000000000`` or ``2000MB``.
    """
    text = os.environ.get(variable(name), str(BOUNDS[name]))
    match = re.fullmatch(r'(\d+)([KkMm][Bb])?', text)
    if match is None:
        raise ValueError(f'the environment variable {variable(name)} is {text!r}: give a number of pixels')
    return int(match[1]) * UNITS[(match[2] or '').lower()]
