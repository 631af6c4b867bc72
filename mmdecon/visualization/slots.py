"""Draws slots: the nearest prototype of each cell of a map.

Shapes: H x W the image in pixels, h x w a map's size in cells, K slots. Pictures are RGB, uint8.
"""

import numpy as np

from .canvas import blend, enlarge, palette


def draw_slots(image: np.ndarray, slots: np.ndarray, num_slots: int, opacity: float = 0.6) -> np.ndarray:
    """Draws the slot of each cell over an image; a slot has the same colour in every picture.

    Args:
        image: (H, W, 3).
        slots: (h, w), index of the nearest slot of each cell, 0..K - 1.
        num_slots: K.
        opacity: Opacity of the colours, 0..1.

    Returns:
        (H, W, 3).

    Raises:
        ValueError: If an index is not in 0..K - 1.
    """
    if slots.min() < 0 or slots.max() >= num_slots:
        raise ValueError(
            f'slots has values {slots.min()}..{slots.max()}, but num_slots={num_slots}; give 0..num_slots-1'
        )
    return blend(image, enlarge(palette(num_slots)[slots], image.shape[:2]), opacity)
