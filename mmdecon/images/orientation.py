"""The orientation that cameras note in a file: read alone, and applied to the pixels.

Shapes: H x W an image in pixels as it is stored.
"""

from struct import error, pack, unpack_from

import numpy as np
from PIL import Image

ORIENTATION = 0x0112  # the tag, in EXIF and in TIFF
SIDEWAYS = (5, 6, 7, 8)  # its values that swap width and height
TO_THE_RIGHT, UPSIDE_DOWN = (2, 3, 6, 7), (3, 4, 7, 8)  # those that then mirror columns, and rows
NUMBERS = {1: 'B', 3: 'H', 4: 'L'}  # of struct, by TIFF's types of integers
PNG_SIGNS = (b'eXIf', b'Raw profile type', b'tiff:Orientation')  # without one, a PNG has no orientation


def read_orientation(image: Image.Image) -> int:
    """Reads the orientation of an opened file, and no other tag.

    Args:
        image: Opened by Pillow. A PNG is decoded if its tags stand behind its pixels.

    Returns:
        1..8. It is 1, as stored, if there is none, its value is another, or the tags cannot be parsed: these say
        nothing about the pixels.
    """
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # on damaged tags Pillow raises nearly anything
        return 1
    return int(value) if value in range(1, 9) else 1


def take_orientation(content: bytes) -> tuple[int, bytes]:
    """Reads a TIFF's orientation and takes it out.

    OpenCV turns a TIFF by itself, but turns each tile of some in place, which scrambles the image.

    Args:
        content: The bytes of the file, classic or BigTIFF.

    Returns:
        1..8, and the bytes of the same file without an orientation. 1 and ``content`` itself if it has none.
    """
    order = '<' if content.startswith(b'II') else '>'
    big = content[2:4] in (b'+\0', b'\0+')
    first, place, count, length = (8, 'Q', 'Q', 20) if big else (4, 'L', 'H', 12)
    entry = pack(f'{order}HH{place}H', ORIENTATION, 3, 1, 1).ljust(length, b'\0')
    try:
        (start,) = unpack_from(order + place, content, first)
        (tags,) = unpack_from(order + count, content, start)
        start += 8 if big else 2
        for at in range(start, min(start + length * tags, len(content)), length):
            tag, kind = unpack_from(f'{order}HH', content, at)
            if tag == ORIENTATION:
                (value,) = unpack_from(order + NUMBERS.get(kind, 'H'), content, at + length // 2 + 2)
                return value if value in range(1, 9) else 1, content[:at] + entry + content[at + length :]
    except error:  # damaged: the decoder will say how
        pass
    return 1, content


def turn(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turns an image upright.

    Args:
        image: (H, W, ...).
        orientation: 1..8.

    Returns:
        (H, W, ...), or (W, H, ...) for ``SIDEWAYS``; contiguous, and ``image`` itself where nothing changes.

    Examples:
        >>> turn(np.arange(6).reshape(2, 3), 6)
        array([[3, 0],
               [4, 1],
               [5, 2]])
    """
    if orientation in SIDEWAYS:
        image = image.swapaxes(0, 1)
    columns = slice(None, None, -1 if orientation in TO_THE_RIGHT else 1)
    rows = slice(None, None, -1 if orientation in UPSIDE_DOWN else 1)
    return np.ascontiguousarray(image[rows, columns])
