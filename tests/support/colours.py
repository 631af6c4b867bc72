"""Images for colour changes, and parameters that are chosen instead of drawn."""

import cv2
import numpy as np

from mmdecon.images.colour_draws import JITTERS, NEUTRAL, ColourDraws


def smooth_image() -> np.ndarray:
    """Smooth patches in all colours, (96, 96, 3), uint8, BGR."""
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return cv2.resize(noise, (96, 96), interpolation=cv2.INTER_CUBIC)


def draws(
    count: int, order: tuple[int, ...] = (0, 1, 2, 3), grey=False, sigma=0.0, solarise=False, **factors
) -> ColourDraws:
    """The same draws for all images, or one value an image."""
    chosen = np.stack([np.broadcast_to(factors.get(name, v), count) for name, v in zip(JITTERS, NEUTRAL)], axis=1)
    rest = (np.broadcast_to(each, count) for each in (grey, sigma, solarise))
    return ColourDraws(np.tile(order, (count, 1)), chosen, *rest)
