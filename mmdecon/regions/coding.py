"""Encodes the regions of one image as a record of bytes, and decodes records.

Shapes: H x W the image in pixels, S planes.

A record is a header and a body. The header, little-endian: H, W (4 bytes each), S (2), bytes per id and per run length
(1 each: 1, 2 or 4), number of regions (4), bytes of the body (4), CRC-32 of the header and the body (4). The body,
compressed with zlib, is a run-length code of the map, plane by plane and row by row: first the ids plus one (0 is no
region), then the run lengths, each in the smallest type that holds all of them. An image that could not be read has
0 x 0 pixels and, as its body, the reason in UTF-8.
"""

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np

from .base import NO_REGION, check_regions

HEAD = struct.Struct('<IIHBBIII')
TYPES: dict[int, np.dtype[Any]] = {1: np.dtype('<u1'), 2: np.dtype('<u2'), 4: np.dtype('<u4')}
# On run lengths zlib's best level takes no longer than reading a file.
LEVEL = 9
MOST_PLANES = 2**16 - 1  # as the header has 2 bytes for them

Buffer = bytes | memoryview


class DamagedRecord(ValueError):
    """Bytes that are not one complete record."""


def check_made(regions: np.ndarray, image: np.ndarray, name: str, empty: str = 'stop') -> np.ndarray:
    """Checks the region map that a generator made.

    Args:
        regions: The map.
        image: (H, W, 3).
        name: The image's name, for the error message.
        empty: ``stop`` to refuse a map without any region, ``keep`` to accept it.

    Returns:
        (H, W, S), int32.

    Raises:
        ValueError: If the map does not fit the image, has no region, ids beyond int32, one id in several planes, or too
            many planes.
    """
    check_regions(regions, image, name)
    if not regions.shape[2]:
        raise ValueError(
            f'the regions of {name} have no plane: return at least one, filled with -1 where there is no region'
        )
    if regions.shape[2] > MOST_PLANES:
        raise ValueError(f'the regions of {name} have {regions.shape[2]} planes: a store holds {MOST_PLANES} at most')
    if regions.max() > np.iinfo(np.int32).max:
        raise ValueError(f'the regions of {name} hold the id {regions.max()}: ids must fit into 32 bits, renumber them')
    ids, planes = _ids(regions), regions.shape[2]
    if not len(ids) and empty == 'stop':
        raise ValueError(
            f'{name} has no region at all: correct its mask, leave the image out, or allow such images with '
            "empty='keep' (tools/regions.py: --empty keep); region losses then skip them"
        )
    if planes > 1 and sum(len(_ids(regions[..., plane])) for plane in range(planes)) > len(ids):
        raise ValueError(f'the regions of {name} have an id in more than one plane: stack them with stack_planes')
    return np.asarray(regions, np.int32)


def _ids(regions: np.ndarray) -> np.ndarray:
    """Lists the distinct ids of a map or a plane."""
    ids: np.ndarray = np.unique(regions)
    return ids[ids > NO_REGION]


def encode(regions: np.ndarray) -> bytes:
    """Encodes a map as a record.

    Args:
        regions: (H, W, S), int32, checked by :func:`check_made`.

    Examples:
        >>> decode(encode(np.zeros((300, 400, 1), np.int32))).shape
        (300, 400, 1)
    """
    height, width, planes = regions.shape
    flat = regions.transpose(2, 0, 1).ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=np.int32(-2)))  # -2: no id, so that the first run starts, too
    ids = _smallest(flat[starts].astype(np.int64) + 1)
    lengths = _smallest(np.diff(starts, append=flat.size))
    body = zlib.compress(ids.tobytes() + lengths.tobytes(), LEVEL)
    return _seal((height, width, planes, ids.itemsize, lengths.itemsize, len(_ids(flat[starts]))), body)


def encode_absent(reason: str) -> bytes:
    """Encodes the reason why an image has no regions as a record."""
    return _seal((0, 0, 0, 1, 1, 0), reason.encode('utf-8', 'replace'))


def _smallest(values: np.ndarray) -> np.ndarray:
    """Converts values to the smallest type that holds them."""
    top = int(values.max(initial=0))
    return values.astype(next(kind for size, kind in TYPES.items() if top < 256**size))


def _seal(fields: tuple[int, ...], body: bytes) -> bytes:
    """Puts the header before the body."""
    head = HEAD.pack(*fields, len(body), 0)
    return HEAD.pack(*fields, len(body), zlib.crc32(body, zlib.crc32(head))) + body


def record_length(head: Buffer) -> int:
    """Reads the length of a record in bytes from its header.

    Args:
        head: At least the first ``HEAD.size`` bytes of the record.

    Raises:
        DamagedRecord: If there are fewer bytes.
    """
    if len(head) < HEAD.size:
        raise DamagedRecord(f'ends after {len(head)} bytes')
    return HEAD.size + int(HEAD.unpack_from(head)[-2])


class Summary(NamedTuple):
    """H, W, S of an image and its number of regions; all 0 if the image could not be read."""

    height: int
    width: int
    planes: int
    regions: int


def summarise(head: Buffer) -> Summary:
    """Reads the summary of an image from a record's header."""
    height, width, planes, _, _, regions, _, _ = HEAD.unpack_from(head)
    return Summary(height, width, planes, regions)


def decode(record: Buffer) -> np.ndarray | str:
    """Decodes a record.

    Returns:
        (H, W, S), int32, contiguous; or the reason why the image has no regions.

    Raises:
        DamagedRecord: If the bytes differ from what was written.
    """
    check_whole(record)
    height, width, planes, id_bytes, length_bytes, _, _, _ = HEAD.unpack_from(record)
    if not height:
        return bytes(record[HEAD.size :]).decode('utf-8')
    body = zlib.decompress(record[HEAD.size :])
    count = len(body) // (id_bytes + length_bytes)
    ids = np.frombuffer(body, TYPES[id_bytes], count).astype(np.int64) - 1
    lengths = np.frombuffer(body, TYPES[length_bytes], count, count * id_bytes)
    flat = np.repeat(ids.astype(np.int32), lengths)
    return np.ascontiguousarray(flat.reshape(planes, height, width).transpose(1, 2, 0))


def check_whole(record: Buffer) -> None:
    """Checks that bytes are exactly one undamaged record.

    Raises:
        DamagedRecord: If they are not.
    """
    if record_length(record) != len(record):
        raise DamagedRecord(f'has {len(record)} bytes instead of {record_length(record)}')
    *fields, crc = HEAD.unpack_from(record)
    if zlib.crc32(record[HEAD.size :], zlib.crc32(HEAD.pack(*fields, 0))) != crc:
        raise DamagedRecord('does not have the checksum that it was written with')
