"""What regions are: planes of ids over an image.

Shapes: H x W the image in pixels, S planes.

A region map is an integer array (H, W, S). In each plane a pixel belongs to at most one region: an id >= 0, or -1 for
none. Several planes hold what overlaps: scales of one method, annotators, proposals. Ids are unique over the planes of
an image and mean nothing beyond it.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

NO_REGION = -1


class RegionGenerator(Protocol):
    """Makes regions of an image; registered in :data:`mmdecon.registry.REGIONS`.

    Attributes:
        options: Everything that decides the result, as JSON would hold it; a store keeps it and refuses to mix.
    """

    options: dict[str, Any]

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Makes the regions of one image.

        Args:
            image: (H, W, 3), uint8, BGR.
            name: The image's path below its root folder, with forward slashes; generators that read annotations find
                theirs by it, the others name it in errors.

        Returns:
            (H, W, S), int32, as :func:`check_regions` wants it.
        """
        ...


def stack_planes(planes: Sequence[np.ndarray]) -> np.ndarray:
    """Joins label maps to one region map and makes their ids unique.

    Args:
        planes: S maps (H, W) of integers, >= 0, or -1 for no region.

    Returns:
        (H, W, S), int32; each plane's ids follow those of the plane before.

    Example:
        >>> stack_planes([np.array([[0, 1]]), np.array([[0, -1]])])
        array([[[ 0,  2],
                [ 1, -1]]], dtype=int32)
    """
    stacked, start = [], 0
    for plane in planes:
        stacked.append(np.where(plane >= 0, plane + start, NO_REGION))
        start = max(start, int(stacked[-1].max(initial=NO_REGION)) + 1)
    return np.stack(stacked, axis=2).astype(np.int32)


def check_image(image: np.ndarray, name: str) -> None:
    """Refuses what no region generator can read.

    Args:
        image: (H, W, 3), uint8, with a pixel at least.
        name: What to call it in the error.

    Raises:
        ValueError: If it is anything else.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(
            f'{name} is {image.dtype} of shape {image.shape}, but regions are made from uint8 of shape '
            '(height, width, 3), BGR: load it with mmdecon.LoadImage'
        )


def check_regions(regions: np.ndarray, image: np.ndarray, name: str) -> None:
    """Refuses what is no region map of an image.

    Args:
        regions: The map.
        image: (H, W, ...).
        name: What to call it in the error.

    Raises:
        ValueError: If the map is no integer array (H, W, S), or has ids below -1.
    """
    height, width = image.shape[:2]
    if regions.ndim != 3 or regions.shape[:2] != (height, width) or not np.issubdtype(regions.dtype, np.integer):
        raise ValueError(
            f'the regions of {name} are {regions.dtype} of shape {regions.shape}, its image is {height} x {width}: '
            'integers of shape (height, width, planes) are needed, made from the image as it is loaded'
        )
    if regions.size and regions.min() < NO_REGION:
        raise ValueError(f'the regions of {name} hold the id {regions.min()}: ids are >= 0, or -1 for no region')
