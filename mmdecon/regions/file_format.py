"""File format of a region store; :mod:`.store` reads it, :mod:`.journal` writes it.

One file holds the preamble, the records of the images (:mod:`.coding`) in the order of their names, the index and the
trailer.

* Preamble: ``MAGIC``, length in bytes of what follows (4), JSON with the ``options`` of the generator, their SHA-256,
  the number of ``images``, and the SHA-256 of their ``names``.
* Index: three blocks, each aligned to 8 bytes: all names in UTF-8, sorted by their bytes and joined; N + 1 offsets of
  the names in that block; N + 1 offsets of the records in the file (uint64 each).
* Trailer: JSON with the offsets of the blocks and counts over all images; then its offset (8), length in bytes (4) and
  CRC-32 (4), and ``END``, which marks a complete file.

All numbers are little-endian. A file without index and trailer is an unfinished store.
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
    """Writes options as JSON: equal options give equal text.

    Raises:
        TypeError: If JSON has no type for a value.
    """
    return json.dumps(options, sort_keys=True, ensure_ascii=False)


def sort_names(names: Sequence[str]) -> list[bytes]:
    """Encodes names as they are stored: UTF-8, sorted.

    Raises:
        ValueError: If there are no names, or one occurs twice.
    """
    kept = sorted(to_key(name) for name in names)
    twice = next((one for one, other in zip(kept, kept[1:]) if one == other), None)
    if twice is not None or not kept:
        raise ValueError(f'a store needs different image names: {twice!r} occurs twice' if kept else 'no images')
    return kept


def to_key(name: str) -> bytes:
    """Encodes an image's name as it is stored; :func:`to_name` decodes it without loss."""
    return name.replace(os.sep, '/').encode('utf-8', 'surrogateescape')


def to_name(key: bytes) -> str:
    """Decodes a name that :func:`to_key` encoded."""
    return key.decode('utf-8', 'surrogateescape')


def _sum(options: Any) -> str:
    """SHA-256 of options, in hexadecimal digits."""
    return hashlib.sha256(canonical(options).encode()).hexdigest()


def preamble(options: dict[str, Any], keys: Sequence[bytes]) -> bytes:
    """Builds the preamble of a store.

    Args:
        options: Options of the generator.
        keys: Encoded names, sorted.
    """
    sums = hashlib.sha256()
    for key in keys:
        sums.update(COUNT.pack(len(key)) + key)
    known = dict(
        format=FORMAT,
        options=options,
        options_sha256=_sum(options),
        images=len(keys),
        names_sha256=sums.hexdigest(),
    )
    text = canonical(known).encode()
    return MAGIC + COUNT.pack(len(text)) + text


def read_preamble(file: BinaryIO, path: str) -> tuple[dict[str, Any], int]:
    """Reads the preamble.

    Args:
        file: The file, at its start.
        path: Its path, for error messages.

    Returns:
        The content of the JSON, and the length of the preamble in bytes.

    Raises:
        ValueError: If the file is not a region store of this format.
    """
    start = file.read(len(MAGIC) + COUNT.size)
    if len(start) < len(MAGIC) + COUNT.size or not start.startswith(MAGIC):
        raise ValueError(f'{path} is not a region store: make one with tools/regions.py')
    (length,) = COUNT.unpack_from(start, len(MAGIC))
    try:
        known = json.loads(file.read(length))
    except ValueError as error:
        raise ValueError(f'{path} is damaged, its preamble cannot be read ({error}): make it again') from error
    known = known if isinstance(known, dict) else {}
    if known.get('format', FORMAT) != FORMAT:
        raise ValueError(f'{path} is a store of format {known["format"]}, this mmdecon reads {FORMAT}: make it again')
    if 'options' not in known or _sum(known['options']) != known.get('options_sha256'):
        raise ValueError(f'{path} is damaged, its preamble does not have the checksum of its options: make it again')
    return known, len(start) + length


def index(keys: Sequence[bytes], places: Sequence[int], about: dict[str, Any]) -> bytes:
    """Builds the index and the trailer of a store.

    Args:
        keys: N encoded names, sorted.
        places: N + 1 offsets of records; the last one is the end of the records and the start of the index.
        about: Further content of the trailer.
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
        ValueError: If the file has no trailer: it is truncated or unfinished.
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
    raise ValueError(f'{path} is not a complete region store, its end is missing: copy it again or make it again')
