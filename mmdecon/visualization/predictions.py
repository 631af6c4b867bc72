"""Draws segmentations: masks, and the errors of a prediction.

Shapes: H x W the image in pixels. Pictures are RGB, uint8.
"""

import numpy as np

from .canvas import GREEN, SKY, VERMILION, blend

IGNORED = 255


def draw_mask(image: np.ndarray, mask: np.ndarray, opacity: float = 0.55) -> np.ndarray:
    """Draws a mask over an image in green.

    Args:
        image: (H, W, 3).
        mask: (H, W), bool, True inside the object.
        opacity: Opacity of the colour, 0..1.

    Returns:
        (H, W, 3).
    """
    return blend(image, GREEN, np.where(mask, opacity, 0))


def draw_errors(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray, opacity: float = 0.55) -> np.ndarray:
    """Marks true positives (green), false positives (vermilion) and false negatives (sky blue) of one class.

    Args:
        image: (H, W, 3).
        truth: (H, W): 1 object, 0 background, 255 ignored.
        prediction: (H, W): 1 object, 0 background.
        opacity: Opacity of the colours, 0..1.

    Returns:
        (H, W, 3); true negatives and ignored pixels are not changed.
    """
    wanted, found, counted = truth == 1, prediction == 1, truth != IGNORED
    for colour, where in ((GREEN, wanted & found), (VERMILION, found & ~wanted), (SKY, wanted & ~found)):
        image = blend(image, colour, np.where(where & counted, opacity, 0))
    return image


def iou(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Computes the intersection over union of class 1 in one image.

    Args:
        truth: (H, W): 1 object, 0 background, 255 ignored.
        prediction: (H, W): 1 object, 0 background.

    Returns:
        0..1; NaN if neither contains class 1.

    Examples:
        >>> iou(np.array([[1, 1, 0, 255]]), np.array([[1, 0, 0, 1]]))
        0.5
    """
    counted = truth != IGNORED
    wanted, found = (truth == 1) & counted, (prediction == 1) & counted
    union = int((wanted | found).sum())
    return int((wanted & found).sum()) / union if union else float('nan')
