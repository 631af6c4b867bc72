"""Small image files of every kind that is read, and what a disk, a network or a camera may do to them."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image

from mmdecon.images.orientation import ORIENTATION

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
# Format, mode, and options of Pillow's writer.
KINDS = (
    ('jpg', 'RGB', {}),
    ('jpg', 'L', dict(progressive=True)),
    ('jpg', 'CMYK', {}),
    ('png', 'RGB', {}),
    ('png', 'P', {}),
    ('png', 'RGBA', {}),
    ('png', 'I;16', {}),
    ('webp', 'RGB', dict(lossless=True)),
    ('webp', 'RGBA', {}),
    ('tif', 'RGB', {}),
    ('tif', 'L', dict(compression='tiff_lzw')),
    ('tif', 'I;16', dict(compression='tiff_adobe_deflate')),
    ('tif', 'RGB', dict(compression='jpeg')),
    ('bmp', 'RGB', {}),
    ('bmp', 'P', {}),
    ('ppm', 'RGB', {}),
)
NAMES = dict(jpg='JPEG', tif='TIFF')


def whole(kind: int, rng: np.random.Generator, orientation: int = 1) -> bytes:
    """An image file of one of ``KINDS``, with an orientation and a few other tags where the format has tags."""
    ending, mode, options = KINDS[kind]
    size = rng.integers(9, 40, 2)
    rgb = Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8))
    deep = Image.fromarray(rng.integers(0, 2**16, size, dtype=np.uint16))
    tags = Image.Exif()
    tags[ORIENTATION], tags[0x0128], tags[0x011A], tags[0x010F] = orientation, 2, 72.0, 'a camera'
    exif = {} if ending in ('bmp', 'ppm') else dict(exif=tags)
    file = BytesIO()
    picture = deep if mode == 'I;16' else rgb.convert(mode)
    picture.save(file, NAMES.get(ending, ending), **options, **exif)
    return file.getvalue()


def breakages(content: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    """What may become of a file: one of each way."""
    size = len(content)
    yield content[: rng.integers(size)]  # truncated
    yield content + rng.bytes(int(rng.integers(1, 50)))
    start, end = np.sort(rng.integers(0, size, 2))
    yield content[:start] + content[end:]
    yield content[:end] + content[start:]
    yield content[:start] + bytes(end - start) + content[end:]  # a hole, as of a half-copied file
    for reach in (64, 256, size):  # single bytes, of the header above all
        broken = bytearray(content)
        for place in rng.integers(0, min(reach, size), rng.integers(1, 4)):
            broken[place] = rng.integers(256)
        yield bytes(broken)
    for reach in (64, 256, size):  # numbers, such as sizes, counts and offsets
        width, place = int(rng.choice([1, 2, 4])), int(rng.integers(0, max(1, min(reach, size) - 4)))
        value = int(rng.choice(EXTREMES)) & (256**width - 1)
        order = 'little' if rng.random() < 0.5 else 'big'
        yield content[:place] + value.to_bytes(width, order) + content[place + width :]


def odd_tags(content: bytes, rng: np.random.Generator, count: int = 3) -> bytes:
    """Files whose tags hold odd types and values, all but the orientation, which stays: their pixels are sound."""
    mark = next(mark for mark in (b'Exif\0\0', b'eXIf', b'EXIF') if mark in content)
    start = content.index(b'MM\0*', content.index(mark))
    first, order = start + 8, 'big'
    tags = int.from_bytes(content[first : first + 2], order)
    broken = bytearray(content)
    for number in rng.integers(0, tags, count):
        at = first + 2 + 12 * int(number)
        if int.from_bytes(content[at : at + 2], order) != ORIENTATION:
            broken[at + 2 : at + 4] = int(rng.integers(0, 14)).to_bytes(2, order)
            broken[at + 4 : at + 8] = int(rng.choice([0, 1, 2, 2, 5, 999, 2**31])).to_bytes(4, order)
            broken[at + 8 : at + 12] = rng.bytes(4)
    return bytes(broken)
