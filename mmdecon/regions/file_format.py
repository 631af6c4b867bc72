"""How a store of regions is laid out in its file; :mod:`.store` reads it, :mod:`.journal` writes it.

One file: the preamble, the images' records (:mod:`.coding`) in the order of their names, the index, the trailer.

* Preamble: ``MAGIC``, bytes of the following (4), JSON with ``options`` of the generator, their SHA-256, how many
  ``images`` there are, and the SHA-256 of their ``names``.
* Index, three blocks, each starting at a multiple of 8 bytes: all names in UTF-8, sorted by their bytes, one after the
  other; N + 1 places in that block where names start; N + 1 places in the file where records start (uint64 each).
* Trailer: JSON with the places of the blocks and what is known of all images; then its place (8), bytes (4) and CRC-32
  (4), and ``END``, by which a whole file is recognised.

All numbers are little-endian. A file without index and trailer is a store in the making, its own journal.
"""

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

MAGIC, END = b'mmdecon regions\n', b'regions.'
COUNT = struct.Struct('<I')
TAIL = struct.Struct('<QII8s')
PLACE = np.dtype('<u8')
FORMAT = 1


def canonical(options: dict[str, Any]) -> str:
    """Options as JSON, the same text for the same options.

    Raises:
        TypeError: If they hold what JSON does not.
    """
    return json.dumps(options, sort_keys=True, ensure_ascii=False)


def sort_names(names: Sequence[str]) -> list[bytes]:
    """Names as they are kept: UTF-8, sorted.

    Raises:
        ValueError: If there are none, or one occurs twice.
    """
    kept = sorted(to_key(name) for name in names)
    twice = next((one for one, other in zip(kept, kept[1:]) if one == other), None)
    if twice is not None or not kept:
        raise ValueError(f'a store needs images of different names: {twice!r} occurs twice' if kept else 'no images')
    return kept


def to_key(name: str) -> bytes:
    """An image's name as it is kept; whatever a file system can hold comes back by :func:`to_name`."""
    return name.replace(os.sep, '/').encode('utf-8', 'surrogateescape')


def to_name(key: bytes) -> str:
    """The reverse of :func:`to_key`."""
    return key.decode('utf-8', 'surrogateescape')


def preamble(options: dict[str, Any], keys: Sequence[bytes]) -> bytes:
    """The start of a store of these images by these options."""
    sums = hashlib.sha256()
    for key in keys:
        sums.update(COUNT.pack(len(key)) + key)
    known = dict(
        format=FORMAT,
        options=options,
        options_sha256=hashlib.sha256(canonical(options).encode()).hexdigest(),
        images=len(keys),
        names_sha256=sums.hexdigest(),
    )
    text = canonical(known).encode()
    return MAGIC + COUNT.pack(len(text)) + text


def read_preamble(file: BinaryIO, path: str) -> tuple[dict[str, Any], int]:
    """Reads the preamble.

    Args:
        file: At its start.
        path: What to call it in errors.

    Returns:
        What it says, and its length in bytes.

    Raises:
        ValueError: If the file is no store of this format.
    """
    start = file.read(len(MAGIC) + COUNT.size)
    if len(start) < len(MAGIC) + COUNT.size or not start.startswith(MAGIC):
        raise ValueError(f'{path} is no store of regions: make one with tools/regions.py')
    (length,) = COUNT.unpack_from(start, len(MAGIC))
    try:
        known = json.loads(file.read(length))
    except ValueError as error:
        raise ValueError(f'{path} is damaged, its preamble cannot be read ({error}): make it anew') from error
    if known['format'] != FORMAT:
        raise ValueError(f'{path} is a store of format {known["format"]}, this mmdecon reads {FORMAT}: make it anew')
    return known, len(start) + length


def index(keys: Sequence[bytes], places: Sequence[int], about: dict[str, Any]) -> bytes:
    """The end of a store.

    Args:
        keys: N sorted names.
        places: N + 1 places of records; the last is where the records end and the index starts.
        about: What to keep in the trailer besides.
    """
    blocks = dict(
        names=b''.join(keys),
        name_places=np.cumsum([0, *map(len, keys)]).astype(PLACE).tobytes(),
        record_places=np.array(places, PLACE).tobytes(),
    )
    text, trailer = b'', dict(about)
    for name, block in blocks.items():
        text += bytes(-(places[-1] + len(text)) % 8)
        trailer[name] = [places[-1] + len(text), len(block)]
        text += block
    packed = canonical(trailer).encode()
    return text + packed + TAIL.pack(places[-1] + len(text), len(packed), zlib.crc32(packed), END)


def read_trailer(file: BinaryIO, path: str) -> dict[str, Any]:
    """Reads the trailer.

    Raises:
        ValueError: If the file has none: it is cut off, or still being made.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - TAIL.size, 0))
    tail = file.read(TAIL.size)
    if len(tail) == TAIL.size and tail.endswith(END):
        place, length, crc, _ = TAIL.unpack(tail)
        file.seek(min(place, size))
        text = file.read(length)
        if zlib.crc32(text) == crc:
            about: dict[str, Any] = json.loads(text)
            return about
    raise ValueError(f'{path} is no whole store of regions, its end is missing: copy it again or make it anew')
