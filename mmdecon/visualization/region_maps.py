"""Draws regions over their image, with colours and outlines.

Shapes: H x W the image in pixels, S planes. Pictures are RGB, uint8.
"""

from collections.abc import Mapping

import numpy as np

from .canvas import INK, PAPER, blend, caption, palette, tile


def outlines(plane: np.ndarray) -> np.ndarray:
    """Finds the pixels whose right or lower neighbour belongs to another region or to no region.

    Args:
        plane: (H, W), integer.

    Returns:
        (H, W), bool.

    Examples:
        >>> outlines(np.array([[0, 0, 1]])).tolist()
        [[False, True, False]]
    """
    found = np.zeros(plane.shape, bool)
    found[:, :-1] |= plane[:, 1:] != plane[:, :-1]
    found[:-1] |= plane[1:] != plane[:-1]
    return found


def draw_regions(image: np.ndarray, regions: np.ndarray, opacity: float = 0.45) -> np.ndarray:
    """Draws regions over an image, each in its own colour with an outline; all planes are drawn on top of each other.

    Args:
        image: (H, W, 3).
        regions: (H, W, S), integer, -1 for no region.
        opacity: Opacity of the colours, 0..1, all planes together.

    Returns:
        (H, W, 3); pixels without region are not changed.

    Raises:
        ValueError: If regions and image differ in size.
    """
    if regions.ndim != 3 or regions.shape[:2] != image.shape[:2]:
        raise ValueError(f'regions of shape {regions.shape} do not fit an image of {image.shape[:2]} pixels')
    ids, inverse = np.unique(regions, return_inverse=True)
    numbers = inverse.reshape(regions.shape) - int(np.searchsorted(ids, 0))  # below 0: none
    colours, single = palette(max(len(ids), 1)), 1 - (1 - opacity) ** (1 / regions.shape[2])
    for plane in range(regions.shape[2]):
        inside = numbers[..., plane] >= 0
        image = blend(image, colours[np.maximum(numbers[..., plane], 0)], np.where(inside, single, 0))
    for plane in range(regions.shape[2]):
        image = blend(image, PAPER, outlines(regions[..., plane]) * 0.8)
    return image


def draw_row(image: np.ndarray, maps: Mapping[str, np.ndarray]) -> np.ndarray:
    """Draws an image, and beside it the image with each of some region maps.

    Args:
        image: (H, W, 3).
        maps: Caption -> (H, W, S).

    Returns:
        One row of pictures.
    """
    pictures = [caption(image, 'image', 12, INK)]
    pictures += [caption(draw_regions(image, regions), title, 12, INK) for title, regions in maps.items()]
    return tile([pictures], gap=6)
