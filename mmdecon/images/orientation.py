"""The orientation that cameras note in a file: read alone, and applied to the pixels.

Shapes: H x W an image in pixels as it is stored.
"""

import re
from struct import calcsize, error, pack, unpack_from
from typing import NamedTuple

import numpy as np
from PIL import Image

ORIENTATION = 0x0112  # the tag, in EXIF and in TIFF
SIDEWAYS = (5, 6, 7, 8)  # its values that swap width and height
TO_THE_RIGHT, UPSIDE_DOWN = (2, 3, 6, 7), (3, 4, 7, 8)  # those that then mirror columns, and rows
INTEGERS = {1: 'B', 3: 'H', 4: 'L'}  # struct's letters, by TIFF's types
PNG_SIGNS = (b'eXIf', b'Raw profile type', b'tiff:Orientation')  # without one, a PNG has no orientation


class _Entry(NamedTuple):
    """Where the tag stands in a block of tags, in bytes, how long it is, and its value."""

    at: int
    length: int
    value: int


def read_orientation(image: Image.Image) -> int:
    """Reads the orientation of an opened file, whatever its other tags hold.

    Args:
        image: Opened by Pillow, no TIFF. A PNG is decoded if its tags stand behind its pixels.

    Returns:
        1..8. It is 1, as stored, if there is none, its value is another, or the tags cannot be parsed: these say
        nothing about the pixels.
    """
    try:
        tags = image.getexif()  # of XMP and other places too
        block = re.sub(b'^(Exif\0\0)+', b'', image.info.get('exif', b''))
        entry = _find(block)  # as Pillow stops at the first odd tag
        value = tags.get(ORIENTATION, 1) if entry is None else entry.value
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
    found = _find(content)
    if found is None:
        return 1, content
    order, _, wide = _layout(content)
    upright = pack(f'{order}HH{wide}H', ORIENTATION, 3, 1, 1).ljust(found.length, b'\0')
    kept = content[: found.at] + upright + content[found.at + found.length :]
    return found.value if found.value in range(1, 9) else 1, kept


def _layout(block: bytes) -> tuple[str, bool, str]:
    """The byte order of a block of tags, whether it is BigTIFF's, and struct's letter of its counts and offsets."""
    big = block[2:4] in (b'+\0', b'\0+')
    return '<' if block.startswith(b'II') else '>', big, 'Q' if big else 'L'


def _find(block: bytes) -> _Entry | None:
    """Finds the orientation in a TIFF, which is what EXIF's tags are, too; None if it is not there as one integer."""
    order, big, wide = _layout(block)
    length, start = (20, 8) if big else (12, 4)
    try:
        (first,) = unpack_from(order + wide, block, start)
        (tags,) = unpack_from(order + ('Q' if big else 'H'), block, first)
        first += 8 if big else 2
        for at in range(first, min(first + length * tags, len(block)), length):
            tag, kind, count = unpack_from(f'{order}HH{wide}', block, at)
            if tag == ORIENTATION:
                number = INTEGERS.get(kind) if count == 1 else None
                value_at = at + 4 + calcsize(f'={wide}')
                return _Entry(at, length, *unpack_from(order + number, block, value_at)) if number else None
    except error:  # the block is cut short
        pass
    return None


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
