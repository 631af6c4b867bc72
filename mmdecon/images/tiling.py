"""Splits large images into tiles, and puts the slices of volumes in order.

Shapes: H x W an image in pixels.
"""

from collections.abc import Sequence
from typing import TypeVar

from .crops import Box

Slice = TypeVar('Slice')


def tile_boxes(shape: Sequence[int], tile: int, overlap: int = 0) -> list[Box]:
    """Covers an image with tiles of one size, row by row.

    Args:
        shape: (H, W).
        tile: Height and width of a tile in pixels; less only where the image itself is smaller.
        overlap: Pixels that neighbours have in common. The last tile of a row or column ends at the image's edge, so
            that it may overlap more.

    Examples:
        >>> tile_boxes((4, 10), 4, 1)
        [(0, 0, 4, 4), (3, 0, 7, 4), (6, 0, 10, 4)]
    """
    rows, columns = (_starts(side, tile, overlap) for side in shape)
    return [(x, y, min(x + tile, shape[1]), min(y + tile, shape[0])) for y in rows for x in columns]


def _starts(side: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin along a side."""
    return [*range(0, side - tile, tile - overlap), max(0, side - tile)]


def in_order(slices: Sequence[tuple[tuple[float | None, int], Slice]]) -> list[Slice]:
    """Orders the slices of a volume by position, if each has one of its own, else by number.

    Args:
        slices: Position in millimetres or None, number, and the slice.

    Examples:
        >>> in_order([((2.5, 1), 'a'), ((-1.0, 2), 'b')]), in_order([((None, 2), 'a'), ((None, 1), 'b')])
        (['b', 'a'], ['b', 'a'])
    """
    positions = [position for (position, _), _ in slices if position is not None]
    by_position = len(set(positions)) == len(slices)
    return [one for _, one in sorted(slices, key=lambda each: each[0][0 if by_position else 1] or 0)]
