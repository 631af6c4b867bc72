"""Decodes COCO's masks, and packs masks into planes.

Shapes: H x W an image in pixels, S planes, N masks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..compat import require
from .base import NO_REGION


def decode_mask(segmentation: Mapping[str, Any] | list[Any], size: tuple[int, int], where: str) -> np.ndarray:
    """Decodes COCO's polygons or run-length code (RLE), compressed or not.

    Args:
        segmentation: The value in COCO's JSON.
        size: H and W of the image.
        where: Description of the mask, for error messages.

    Returns:
        (H, W), bool.

    Raises:
        ModuleNotFoundError: If pycocotools is not installed.
        ValueError: If the code is invalid, or belongs to an image of another size.
    """
    require('pycocotools')
    from pycocotools import mask  # late: optional

    if isinstance(segmentation, Mapping) and tuple(segmentation.get('size', ())) != tuple(size):
        raise ValueError(
            f'{where} is of {segmentation.get("size")} pixels (height, width), its image of {list(size)}: both must '
            'have the same size'
        )
    try:
        if isinstance(segmentation, Mapping) and not isinstance(segmentation['counts'], list):
            return np.asarray(mask.decode(dict(segmentation)), bool)
        if isinstance(segmentation, Mapping):
            if sum(segmentation['counts']) != size[0] * size[1]:
                raise ValueError(f'its runs have {sum(segmentation["counts"])} pixels')
            return np.asarray(mask.decode(mask.frPyObjects(dict(segmentation), *size)), bool)
        if not segmentation:
            return np.zeros(size, bool)
        return np.asarray(mask.decode(mask.merge(mask.frPyObjects(segmentation, *size))), bool)
    except Exception as error:  # pycocotools' own code raises plain Exceptions
        raise ValueError(f'{where} cannot be decoded: {error}') from error


def pack_masks(masks: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Packs masks into planes: each mask goes to the first plane in which it overlaps no earlier mask.

    Args:
        masks: N masks, (H, W), bool.
        size: H and W.

    Returns:
        (H, W, S), int32, at least one plane; mask n is region n.

    Examples:
        >>> pack_masks([np.array([[True, True]]), np.array([[False, True]])], (1, 2)).tolist()
        [[[0, -1], [0, 1]]]
    """
    planes = [np.full(size, NO_REGION, np.int32)]
    for number, mask in enumerate(masks):
        free = next((plane for plane in planes if (plane[mask] == NO_REGION).all()), None)
        if free is None:
            planes.append(np.full(size, NO_REGION, np.int32))
            free = planes[-1]
        free[mask] = number
    return np.stack(planes, axis=2)
