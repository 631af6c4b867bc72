"""Region maps, the interface of region generators, and checks.

Shapes: H x W the image in pixels, S planes.

A region map is an integer array (H, W, S). Each of its S planes is one label map: a pixel has the id of its region
(>= 0) or -1 for no region. Regions that overlap lie in different planes: scales of one method, annotators, proposals.
Ids are unique over the planes of one image and have no meaning in other images.
"""

import sys
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

NO_REGION = -1
LARGEST = sys.float_info.max


class RegionGenerator(Protocol):
    """Makes regions of an image. Generators are registered in :data:`mmdecon.registry.REGIONS`.

    Attributes:
        options: Everything that the result depends on, as JSON values. A region store saves them, and one store never
            holds regions made with different options.
    """

    options: dict[str, Any]

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Makes the regions of one image.

        Args:
            image: (H, W, 3), uint8, BGR; or what ``LoadRaster`` loads, with NaN in pixels without a value.
            name: The image's path below its root folder, with forward slashes. Readers of annotations find theirs by
                this name; the other generators use it in error messages.

        Returns:
            (H, W, S), int32, a region map that passes :func:`check_regions`.
        """
        ...


def stack_planes(planes: Sequence[np.ndarray]) -> np.ndarray:
    """Stacks label maps into one region map with unique ids.

    Args:
        planes: S label maps (H, W) of integers: ids >= 0, or -1 for no region.

    Returns:
        (H, W, S), int32; the ids of each plane continue after those of the plane before.

    Examples:
        >>> stack_planes([np.array([[0, 1]]), np.array([[0, -1]])])
        array([[[ 0,  2],
                [ 1, -1]]], dtype=int32)
    """
    stacked, start = [], 0
    for plane in planes:
        stacked.append(np.where(plane >= 0, plane + start, NO_REGION))
        start = max(start, int(stacked[-1].max(initial=NO_REGION)) + 1)
    return np.stack(stacked, axis=2).astype(np.int32)


def is_count(value: Any) -> bool:
    """Tells whether a value is an integer >= 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_number(value: Any) -> bool:
    """Tells whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def as_integer(value: Any) -> int | None:
    """Reads a whole number of JSON, which may be written as ``7.0``; None if it is none.

    Examples:
        >>> as_integer(7.0), as_integer('7'), as_integer(True)
        (7, None, None)
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def check_image(image: np.ndarray, name: str) -> None:
    """Checks that an array is an image that region generators can read.

    Args:
        image: (H, W, 3), uint8, with at least one pixel.
        name: The image's name, for the error message.

    Raises:
        ValueError: If it has another type or shape.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(
            f'{name} is {image.dtype} of shape {image.shape}, but regions are made from uint8 of shape '
            '(height, width, 3), BGR: load it with mmdecon.LoadImage'
        )


def check_size(image: np.ndarray, name: str) -> None:
    """Checks that an array is an image of which only the size matters, of any channels and dtype.

    Args:
        image: (H, W, C), with at least one pixel.
        name: The image's name, for the error message.

    Raises:
        ValueError: If it has another shape.
    """
    if image.ndim != 3 or not image.size:
        raise ValueError(f'{name} is of shape {image.shape}, and an image is (height, width, channels)')


def check_regions(regions: np.ndarray, image: np.ndarray, name: str) -> None:
    """Checks that an array is a region map of an image.

    Args:
        regions: The map.
        image: (H, W, ...).
        name: The image's name, for the error message.

    Raises:
        ValueError: If the map is not an integer array (H, W, S), or has ids below -1.
    """
    height, width = image.shape[:2]
    if regions.ndim != 3 or regions.shape[:2] != (height, width) or not np.issubdtype(regions.dtype, np.integer):
        raise ValueError(
            f'the regions of {name} are {regions.dtype} of shape {regions.shape}, its image is {height} x {width}: '
            'integers of shape (height, width, planes) are needed, made from the image as it is loaded'
        )
    if regions.size and regions.min() < NO_REGION:
        raise ValueError(f'the regions of {name} hold the id {regions.min()}: ids are >= 0, or -1 for no region')
