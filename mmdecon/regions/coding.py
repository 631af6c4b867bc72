"""One image's regions as bytes, and back.

Shapes: H x W the image in pixels, S planes.

A record is a head and a body. The head, little-endian: H, W (4 bytes each), S (2), bytes of an id and of a length
(1 each: 1, 2 or 4), how many regions (4), bytes of the body (4), CRC-32 of all that and the body (4). The body, packed
by zlib: the runs of equal ids of the map read plane by plane, row by row: first the ids plus one (0 is no region), then
the runs' lengths, each in the smallest type that holds them all. An image that has no regions because it could not be
read has 0 x 0 pixels and, as its body, the reason in UTF-8.
"""

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np

from .base import NO_REGION, check_regions

HEAD = struct.Struct('<IIHBBIII')
TYPES: dict[int, np.dtype[Any]] = {1: np.dtype('<u1'), 2: np.dtype('<u2'), 4: np.dtype('<u4')}
# On runs zlib's best level costs no more time than reading a file.
LEVEL = 9

Buffer = bytes | memoryview


class DamagedRecord(ValueError):
    """Bytes that are no whole record."""


def check_made(regions: np.ndarray, image: np.ndarray, name: str, empty: str = 'stop') -> np.ndarray:
    """Refuses what a generator should not have made.

    Args:
        regions: The map it made.
        image: (H, W, 3).
        name: What to call the image in the error.
        empty: ``stop`` to refuse a map without any region, ``keep`` to let it be.

    Returns:
        (H, W, S), int32.

    Raises:
        ValueError: If the map is none of the image, has no region, ids beyond int32, or an id in several planes.
    """
    check_regions(regions, image, name)
    if not regions.shape[2]:
        raise ValueError(f'the regions of {name} have no plane: make one, of -1 where there is no region')
    if regions.max() > np.iinfo(np.int32).max:
        raise ValueError(f'the regions of {name} hold the id {regions.max()}: ids must fit 32 bits, number them anew')
    ids, planes = _ids(regions), regions.shape[2]
    if not len(ids) and empty == 'stop':
        raise ValueError(
            f'{name} has no region at all: repair its mask, leave the image out, or allow such images with '
            "empty='keep' (tools/regions.py: --empty keep); nothing is learnt from their regions"
        )
    if planes > 1 and sum(len(_ids(regions[..., plane])) for plane in range(planes)) > len(ids):
        raise ValueError(f'the regions of {name} have an id in more than one plane: stack them with stack_planes')
    return np.asarray(regions, np.int32)


def _ids(regions: np.ndarray) -> np.ndarray:
    """The different ids of a map or plane."""
    ids: np.ndarray = np.unique(regions)
    return ids[ids > NO_REGION]


def encode(regions: np.ndarray) -> bytes:
    """Packs a map into a record.

    Args:
        regions: (H, W, S), int32, as :func:`check_made` lets it pass.

    Example:
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
    """Packs the reason why an image has no regions into a record."""
    return _seal((0, 0, 0, 1, 1, 0), reason.encode('utf-8', 'replace'))


def _smallest(values: np.ndarray) -> np.ndarray:
    """Values in the smallest type that holds them."""
    top = int(values.max(initial=0))
    return values.astype(next(kind for size, kind in TYPES.items() if top < 256**size))


def _seal(fields: tuple[int, ...], body: bytes) -> bytes:
    """Puts the head before the body."""
    head = HEAD.pack(*fields, len(body), 0)
    return HEAD.pack(*fields, len(body), zlib.crc32(body, zlib.crc32(head))) + body


def record_length(head: Buffer) -> int:
    """Bytes of a record, by its head.

    Args:
        head: The record's first ``HEAD.size`` bytes at least.

    Raises:
        DamagedRecord: If there are fewer.
    """
    if len(head) < HEAD.size:
        raise DamagedRecord(f'ends after {len(head)} bytes')
    return HEAD.size + int(HEAD.unpack_from(head)[-2])


class Summary(NamedTuple):
    """H, W, S of an image and its number of regions; all 0 where it could not be read."""

    height: int
    width: int
    planes: int
    regions: int


def summarise(head: Buffer) -> Summary:
    """Reads what a record's head says of its image."""
    height, width, planes, _, _, regions, _, _ = HEAD.unpack_from(head)
    return Summary(height, width, planes, regions)


def decode(record: Buffer) -> np.ndarray | str:
    """Unpacks a record.

    Returns:
        (H, W, S), int32, contiguous, or the reason why there is no map.

    Raises:
        DamagedRecord: If the bytes are not what was written.
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
    """Refuses bytes that are not exactly one record as it was written.

    Raises:
        DamagedRecord: In that case.
    """
    if record_length(record) != len(record):
        raise DamagedRecord(f'has {len(record)} bytes instead of {record_length(record)}')
    *fields, crc = HEAD.unpack_from(record)
    if zlib.crc32(record[HEAD.size :], zlib.crc32(HEAD.pack(*fields, 0))) != crc:
        raise DamagedRecord('does not have the checksum that it was written with')
