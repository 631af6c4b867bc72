"""Pictures of segmentations: what was predicted beside what is true.

Shapes: H x W the image in pixels. Pictures are RGB, uint8.
"""

import numpy as np

from .canvas import GREEN, SKY, VERMILION, blend

IGNORED = 255


def draw_mask(image: np.ndarray, mask: np.ndarray, opacity: float = 0.55) -> np.ndarray:
    """Lays a mask over an image, in green.

    Args:
        image: (H, W, 3).
        mask: True where the object is, (H, W), bool.
        opacity: Of the colour, 0..1.

    Returns:
        (H, W, 3).
    """
    return blend(image, GREEN, np.where(mask, opacity, 0))


def draw_errors(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray, opacity: float = 0.55) -> np.ndarray:
    """Marks where a prediction of one class is right (green), too much (vermilion) or lacking (sky blue).

    Args:
        image: (H, W, 3).
        truth: 1 object, 0 background, 255 ignored, (H, W).
        prediction: 1 object, 0 background, (H, W).
        opacity: Of the colours, 0..1.

    Returns:
        (H, W, 3); pixels that are background in both, or ignored, are left as they are.
    """
    wanted, found, counted = truth == 1, prediction == 1, truth != IGNORED
    for colour, where in ((GREEN, wanted & found), (VERMILION, found & ~wanted), (SKY, wanted & ~found)):
        image = blend(image, colour, np.where(where & counted, opacity, 0))
    return image


def iou(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Measures intersection over union of class 1 in one image.

    Args:
        truth: 1 object, 0 background, 255 ignored, (H, W).
        prediction: 1 object, 0 background, (H, W).

    Returns:
        0..1; NaN where neither has any of it.

    Example:
        >>> iou(np.array([[1, 1, 0, 255]]), np.array([[1, 0, 0, 1]]))
        0.5
    """
    counted = truth != IGNORED
    wanted, found = (truth == 1) & counted, (prediction == 1) & counted
    union = int((wanted | found).sum())
    return int((wanted & found).sum()) / union if union else float('nan')
