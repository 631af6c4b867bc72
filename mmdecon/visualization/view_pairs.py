"""Draws two views: their crops in the image, and the area that they share.

Shapes: H x W the source image, h x w a view, in pixels. Pictures are RGB, uint8.
"""

from collections.abc import Sequence

import numpy as np
import torch

from ..views import View, overlap
from .canvas import GREEN, ORANGE, SKY, blend, caption, enlarge, frame, tile

COLOURS = (ORANGE, SKY)


def draw_pair(image: np.ndarray, views: Sequence[np.ndarray], boxes: np.ndarray, flipped: Sequence[bool]) -> np.ndarray:
    """Draws a source image with its two crops, and the two views, with the shared area marked on all three.

    Args:
        image: The source image, (H, W, 3).
        views: Two views as the network sees them, (h, w, 3) each.
        boxes: The crops: left, top, right, bottom in source pixels, (2, 4).
        flipped: Whether each view was flipped horizontally.

    Returns:
        One row of three pictures, each with the height of the source image.
    """
    pictures = [caption(draw_crops(image, boxes), 'source: both crops, shared area green', 12)]
    for number, (box, valid) in enumerate(shared_boxes(boxes, flipped)):
        picture = enlarge(views[number], image.shape[:2])
        if valid:
            height, width = picture.shape[:2]
            picture = mark_shared(picture, box * [width, height, width, height])
        title = f'view {number + 1}' + (', flipped' if flipped[number] else '') + ('' if valid else ', no overlap')
        pictures.append(caption(picture, title, 12, COLOURS[number]))
    return tile([pictures], gap=6)


def draw_crops(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Draws two crops and their shared area on the source image.

    Args:
        image: The source image, (H, W, 3).
        boxes: left, top, right, bottom in source pixels, (2, 4).

    Returns:
        (H, W, 3).
    """
    shared = np.concatenate([np.maximum(*boxes[:, :2]), np.minimum(*boxes[:, 2:])])
    if (shared[2:] > shared[:2]).all():
        image = mark_shared(image, shared)
    for box, colour in zip(boxes, COLOURS):
        image = frame(image, box, colour)
    return image


def mark_shared(image: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """Tints and frames an area in green.

    Args:
        image: (H, W, 3).
        box: left, top, right, bottom in pixels.

    Returns:
        (H, W, 3), a new picture.
    """
    left, top, right, bottom = (round(float(edge)) for edge in box)
    inside = np.zeros(image.shape[:2], np.float32)
    inside[top:bottom, left:right] = 0.25
    return frame(blend(image, GREEN, inside), box, GREEN, 3)


def shared_boxes(boxes: np.ndarray, flipped: Sequence[bool]) -> list[tuple[np.ndarray, bool]]:
    """Computes the shared area in the coordinates of each view, with :func:`mmdecon.views.overlap`.

    Args:
        boxes: The crops in source pixels, (2, 4).
        flipped: Whether each view was flipped horizontally.

    Returns:
        For each view the shared area in fractions of its width and height, (4,), and whether the views overlap.
    """
    first, second = (
        View(torch.empty(0), torch.as_tensor(box[None], dtype=torch.float64), torch.tensor([bool(flip)]))
        for box, flip in zip(boxes, flipped)
    )
    found = overlap(first, second), overlap(second, first)
    return [(each.box[0].numpy(), bool(each.valid)) for each in found]
