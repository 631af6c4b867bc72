"""Decodes COCO's masks, and packs masks into planes.

Shapes: H x W an image in pixels, S planes, N masks.
"""

import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..compat import require
from .base import NO_REGION, is_number
from .run_lengths import decode_runs

FARTHEST = 1e6  # pixels: farther corners overflow pycocotools' integers
LONGEST = 2**22  # pixels of an outline, for each of which pycocotools takes 40 bytes
MOST = 2**29  # pixels of all planes of an image: 2 GiB


def decode_mask(segmentation: Any, size: tuple[int, int], where: str) -> np.ndarray:
    """Decodes COCO's polygons or run-length code (RLE), compressed or not.

    All numbers are checked before memory is taken for them.

    Args:
        segmentation: The value in COCO's JSON: a list of polygons (or one polygon), or a run-length code.
        size: H and W of the image.
        where: Description of the mask, for error messages.

    Returns:
        (H, W), bool.

    Raises:
        ModuleNotFoundError: If there are polygons and pycocotools is not installed.
        ValueError: If the code is invalid, or belongs to an image of another size; the message begins with ``where``.
    """
    if isinstance(segmentation, Mapping) and segmentation.get('size') not in (list(size), tuple(size)):
        raise ValueError(
            f'{where} is of {reprlib.repr(segmentation.get("size"))} pixels (height, width), its image of '
            f'{list(size)}: both must have the same size'
        )
    try:
        if isinstance(segmentation, Mapping):
            return decode_runs(segmentation, size)
        if not isinstance(segmentation, list):
            raise ValueError(f'it is {type(segmentation).__name__}, neither a list of polygons nor a run-length code')
        return _draw(segmentation if isinstance(next(iter(segmentation), []), list) else [segmentation], size)
    except ValueError as error:
        raise ValueError(f'{where} cannot be decoded: {error}; correct it, or remove it from the file') from error


def _draw(polygons: list[Any], size: tuple[int, int]) -> np.ndarray:
    """Draws polygons, (H, W), bool."""
    length = sum(_check_polygon(polygon, f'its polygon {number}') for number, polygon in enumerate(polygons))
    if length > LONGEST:
        raise ValueError(f'its outline has {length:.0f} pixels, more than {LONGEST}')
    if not polygons:
        return np.zeros(size, bool)
    require('pycocotools')
    from pycocotools import mask  # late: optional

    drawn: np.ndarray = mask.decode(mask.merge(mask.frPyObjects(polygons, *size)))
    return drawn.astype(bool)


def _check_polygon(polygon: Any, which: str) -> float:
    """Refuses what pycocotools would take for something else, or would crash on; returns the outline's pixels."""
    if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
        count = f'has {len(polygon)} numbers' if isinstance(polygon, list) else f'is {type(polygon).__name__}'
        raise ValueError(f'{which} {count}: x and y of three corners or more are needed')
    wrong = [value for value in polygon if not is_number(value) or abs(value) > FARTHEST]
    if wrong:
        raise ValueError(f'{which} has a corner at {reprlib.repr(wrong[0])}, not a number within {FARTHEST:.0f} pixels')
    corners = np.array(polygon, float).reshape(-1, 2)
    return float(np.abs(corners - np.roll(corners, 1, axis=0)).max(axis=1).sum())


def check_pixels(planes: int, size: tuple[int, int], where: str) -> None:
    """Refuses a region map that would take too much memory.

    Args:
        planes: S.
        size: H and W.
        where: What the map is of, for the error message.

    Raises:
        ValueError: If there are more than ``MOST`` pixels.
    """
    if planes * size[0] * size[1] > MOST:
        raise ValueError(
            f'{where}: {planes} planes of {size[0]} x {size[1]} pixels, as many as overlap, are more than {MOST} pixels'
        )


def pack_masks(masks: Iterable[np.ndarray], size: tuple[int, int], where: str = 'masks') -> np.ndarray:
    """Packs masks into planes: each mask goes to the first plane in which it overlaps no earlier mask.

    Args:
        masks: N masks, (H, W), bool; they are taken one by one.
        size: H and W.
        where: What they are of, for the error message.

    Returns:
        (H, W, S), int32, at least one plane; mask n is region n.

    Raises:
        ValueError: If the planes would take too much memory.

    Examples:
        >>> pack_masks([np.array([[True, True]]), np.array([[False, True]])], (1, 2)).tolist()
        [[[0, -1], [0, 1]]]
    """
    check_pixels(1, size, where)
    planes = [np.full(size, NO_REGION, np.int32)]
    for number, mask in enumerate(masks):
        free = next((plane for plane in planes if (plane[mask] == NO_REGION).all()), None)
        if free is None:
            check_pixels(len(planes) + 1, size, where)
            planes.append(np.full(size, NO_REGION, np.int32))
            free = planes[-1]
        free[mask] = number
    return np.stack(planes, axis=2)
