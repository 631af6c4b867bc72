"""Pictures of slots: which prototype each cell of a map is nearest to.

Shapes: H x W the image in pixels, h x w a map's size in cells, K slots. Pictures are RGB, uint8.
"""

import numpy as np

from .canvas import blend, enlarge, palette


def draw_slots(image: np.ndarray, slots: np.ndarray, num_slots: int, opacity: float = 0.6) -> np.ndarray:
    """Lays each cell's slot over an image, as a colour that belongs to the slot in every picture.

    Args:
        image: (H, W, 3).
        slots: Number of the nearest slot of each cell, 0..K - 1, (h, w).
        num_slots: K.
        opacity: Of the colours, 0..1.

    Returns:
        (H, W, 3).

    Raises:
        ValueError: If a slot's number is not below ``num_slots``.
    """
    if slots.min() < 0 or slots.max() >= num_slots:
        raise ValueError(
            f'slots has values {slots.min()}..{slots.max()}, but num_slots={num_slots}; give 0..num_slots-1'
        )
    return blend(image, enlarge(palette(num_slots)[slots], image.shape[:2]), opacity)
