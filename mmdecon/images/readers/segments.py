"""Decodes the tiles or strips of one TIFF page that a window needs, and no others.

Shapes: h x w the window in pixels.
"""

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np

from ..crops import Box
from ..errors import unreadable

Kept = MutableMapping[Any, np.ndarray] | None
JPEG = (6, 7, 33007, 34892)  # compressions whose tables stand apart


def is_mapped(key: Any) -> bool:
    """Whether the pixels of a page lie in the file as they are in memory."""
    return bool(key.is_final) and key.dtype is not None


def start_of(page: Any) -> int | None:
    """Where the pixels of a page lie in the file as they are in memory, in bytes, or None."""
    ends = [at + count for at, count in zip(page.dataoffsets, page.databytecounts)]
    return page.dataoffsets[0] if is_mapped(page.keyframe) and ends[:-1] == list(page.dataoffsets[1:]) else None


def map_plane(path: str, content: bytes | None, key: Any, at: int, box: Box, samples: Sequence[int]) -> np.ndarray:
    """Reads a window of pixels that are not compressed.

    Args:
        path: The file.
        content: Its bytes, if they do not come from the disk.
        key: A page of tifffile, which describes all planes.
        at: Where the plane begins, in bytes.
        box: The window.
        samples: Which samples.

    Returns:
        (samples, h, w), in the file's byte order.
    """
    how = dict(dtype=np.dtype(key.parent.byteorder + key.dtype.char), shape=key.shaped, offset=at)
    array: np.ndarray = np.memmap(path, mode='r', **how) if content is None else np.ndarray(buffer=content, **how)
    left, top, right, bottom = box
    cut, contiguous = array[:, 0, top:bottom, left:right], key.shaped[4]
    return np.stack([cut[sample // contiguous, ..., sample % contiguous] for sample in samples])


def read_window(page: Any, box: Box, samples: Sequence[int], kept: Kept, path: str) -> np.ndarray:
    """Reads a window of pixels that are in tiles or strips.

    Args:
        page: Of tifffile; its file must be open.
        box: The window.
        samples: Which samples.
        kept: Where decoded tiles and strips are kept, or None.
        path: The file, for messages.

    Returns:
        (samples, h, w); where a file leaves out a tile, its nodata value, or 0.

    Raises:
        UnreadableImage: If the file is cut short.
    """
    key, (left, top, right, bottom) = page.keyframe, box
    contiguous = key.shaped[4]
    window = np.empty((len(samples), bottom - top, right - left), key.dtype)
    for plane in sorted({sample // contiguous for sample in samples}):
        targets = [n for n, sample in enumerate(samples) if sample // contiguous == plane]
        channels = [samples[n] % contiguous for n in targets]
        for index, x, y, w, h in _needed(key, plane, box):
            segment = _segment(page, index, kept, path)
            x0, y0, x1, y1 = max(left, x), max(top, y), min(right, x + w), min(bottom, y + h)
            place = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
            for target, channel in zip(targets, channels):
                window[target][place] = segment[y0 - y : y1 - y, x0 - x : x1 - x, channel]
    return window


def _needed(key: Any, plane: int, box: Box) -> Iterator[tuple[int, int, int, int, int]]:
    """Numbers, places and sizes of the tiles or strips that meet a window, within the image."""
    _, _, height, width, _ = key.shaped
    tall, wide = (key.tilelength, key.tilewidth) if key.is_tiled else (min(key.rowsperstrip, height), width)
    down, across = -(-height // tall), -(-width // wide)
    for row in range(box[1] // tall, -(-box[3] // tall)):
        for column in range(box[0] // wide, -(-box[2] // wide)):
            x, y = column * wide, row * tall
            yield (plane * down + row) * across + column, x, y, min(wide, width - x), min(tall, height - y)


def _segment(page: Any, index: int, kept: Kept, path: str) -> np.ndarray:
    """Decodes a tile or strip, (., ., samples), or takes what was kept."""
    name = (page.offset, index)
    if kept is not None and name in kept:
        return kept[name]
    segment = _decode(page, index, path)
    if kept is not None:
        kept[name] = segment
    return segment


def _decode(page: Any, index: int, path: str) -> np.ndarray:
    """Decodes a tile or strip."""
    key = page.keyframe
    if index >= len(page.dataoffsets) or index >= len(page.databytecounts):
        raise unreadable(path, f'its part {index} is missing')
    at, count = page.dataoffsets[index], page.databytecounts[index]
    data: bytes | None = None
    if at > 0 and count > 0:
        file = page.parent.filehandle
        file.seek(at)
        data = file.read(count)
        if len(data) != count:
            raise unreadable(path, f'it is cut short: its part {index} has {len(data)} of {count} bytes')
    tables = dict(jpegtables=page.jpegtables, jpegheader=key.jpegheader) if key.compression in JPEG else {}
    segment, _, (_, h, w, samples) = key.decode(data, index, **tables)
    return np.full((h, w, samples), key.nodata, key.dtype) if segment is None else segment[0]
