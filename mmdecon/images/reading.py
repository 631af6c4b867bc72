"""Reads image files strictly: a damaged file is an error that names it, never a partly grey image."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

import mmcv
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from ..texts import shown
from .bits import exceeds_bytes
from .errors import OversizedImage, UnreadableImage, unreadable
from .header import PNG_MARK, TIFF_MARKS, Header, read_header, variable
from .jpeg import MARK, EncodedImage
from .orientation import PNG_SIGNS, read_orientation, take_orientation, turn
from .png import find_overlong


def read_image(path: str, content: bytes | None = None) -> np.ndarray:
    """Reads an image of any colour type as BGR.

    Grey values are repeated over the channels, an alpha channel is dropped, 16-bit values keep their high byte, and the
    orientation of EXIF or TIFF is applied, in every format. Pillow reads JPEG, because OpenCV before 4.12 fills missing
    parts with grey instead of failing. OpenCV reads the other formats, because Pillow clips 16-bit values at 255.

    Args:
        path: A local file.
        content: Its bytes, if ``path`` only names it.

    Returns:
        (H, W, 3), uint8.

    Raises:
        UnreadableImage: If the file cannot be read completely, or has more pixels than allowed, see
            :func:`~mmdecon.images.header.refuse_oversized`.
    """
    image = open_image(path, content)
    return image.decode() if isinstance(image, EncodedImage) else image


def open_image(path: str, content: bytes | None = None) -> np.ndarray | EncodedImage:
    """Reads only the header of a JPEG, and all of any other image, as :func:`read_image` does.

    Args:
        path: A local file.
        content: Its bytes, if ``path`` only names it.

    Returns:
        The undecoded JPEG, or the image (H, W, 3), uint8, BGR.

    Raises:
        UnreadableImage: If the file cannot be read, or has more pixels than allowed.
    """
    try:
        if content is None:
            with open(path, 'rb') as file:
                content = file.read()
        return EncodedImage(content, path) if content.startswith(MARK) else _decode(content, path)
    except UnreadableImage:
        raise
    except Exception as error:  # on damaged bytes the decoders raise nearly anything
        if 'CV_IO_MAX_IMAGE' in str(error):  # of a format whose header OpenCV alone reads
            raise OversizedImage(
                f'{shown(path)} is too large for OpenCV: make it smaller, or set the environment variable '
                f'{variable("PIXELS")} higher before the program starts'
            ) from error
        raise unreadable(path, error) from error


def _decode(content: bytes, path: str) -> np.ndarray:
    """Decodes what is no JPEG, and turns it upright."""
    header, orientation = read_header(BytesIO(content), path), 1
    if content.startswith(TIFF_MARKS):
        orientation, content = take_orientation(content)
    elif header is not None and _may_be_turned(header, content):
        orientation = read_orientation(header.image)
    overlong = find_overlong(content) if content.startswith(PNG_MARK) else None
    if overlong is not None:
        raise unreadable(path, f'it is cut short, or damaged at byte {overlong}')
    flag = 'color' if header is None else 'color_ignore_orientation'  # what only OpenCV knows, it turns as it can
    image = mmcv.imfrombytes(content, flag=flag, backend='cv2') if content else None
    if image is None:
        reason = 'it is damaged, or of a format that OpenCV does not know' if content else 'it is empty'
        if content.startswith(TIFF_MARKS):
            reason += '; mmdecon.LoadRaster reads floats, and any number of channels'
        raise unreadable(path, reason)
    return turn(image, orientation)


def _may_be_turned(header: Header, content: bytes) -> bool:
    """Tells whether a search for the orientation is worth it: of a PNG, Pillow decodes the pixels to find the tags."""
    return not isinstance(header.image, PngImageFile) or any(sign in content for sign in PNG_SIGNS)


def read_values(path: str, look: Callable[[tuple[int, int]], None] | None = None) -> np.ndarray:
    """Reads the raw values of an image file that holds annotations: they are neither converted nor turned.

    Args:
        path: A local file.
        look: Told H and W before any pixel is decoded; it may raise.

    Returns:
        (H, W): palette indices, or grey values of 8 or 16 bits; or (H, W, 3), RGB.

    Raises:
        UnreadableImage: If the file cannot be read completely, or has more pixels than allowed.
    """
    with _naming(path):
        with open(path, 'rb') as file:
            content = BytesIO(file.read())
        header = read_header(content, path)
        content.seek(0)
        image = header.image if header else Image.open(content)
    if look is not None:
        look((image.height, image.width))
    with _naming(path):
        return np.asarray(image)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Names the file in whatever goes wrong."""
    try:
        yield
    except UnreadableImage:
        raise
    except Exception as error:  # on damaged bytes Pillow raises nearly anything
        raise unreadable(path, error) from error


class Look(NamedTuple):
    """What :func:`look_at` finds.

    Attributes:
        problem: What is wrong, or None.
        is_reduced: Whether the file holds more than :func:`read_image` keeps: more than 8 bits a channel, or signed
            values.
    """

    problem: UnreadableImage | None
    is_reduced: bool = False


def check_image(path: str, pixels: bool = False, content: bytes | None = None) -> UnreadableImage | None:
    """Checks whether :func:`read_image` reads a file.

    Args:
        path: See :func:`look_at`.
        pixels: See :func:`look_at`.
        content: See :func:`look_at`.

    Returns:
        What is wrong, or None.
    """
    return look_at(path, pixels, content).problem


def look_at(path: str, pixels: bool = False, content: bytes | None = None) -> Look:
    """Checks whether :func:`read_image` reads a file, and all that it holds.

    Args:
        path: A local file.
        pixels: Decode every file. Otherwise only the header is read, if it says that the decoder knows this kind of
            file; damage behind the header then remains unseen.
        content: Its bytes, if ``path`` only names it.
    """
    try:
        with open(path, 'rb') if content is None else BytesIO(content) as file:
            header = read_header(file, path)
            is_reduced = exceeds_bytes(file, header)
        if pixels or header is None or not header.plain:
            read_image(path, content)
    except UnreadableImage as error:
        return Look(error)
    except OSError as error:
        return Look(unreadable(path, error))
    return Look(None, is_reduced)
