"""Random parameters of colour augmentation, the same for single images on the CPU and for batches on a GPU.

Shapes: B images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

JITTERS = ('brightness', 'contrast', 'saturation', 'hue')
NEUTRAL = np.array([1.0, 1.0, 1.0, 0.0])  # factors that change nothing
NUMBERS = 13  # uniform random numbers that one image needs


class ColourDraws(NamedTuple):
    """Random parameters for the colours of B images. The changes are applied in the order of the fields.

    Attributes:
        order: (B, 4), permutations of 0..3, which are indices of ``JITTERS``: the order of the four jitters.
        factors: (B, 4), float64, one for each of ``JITTERS``. Brightness, contrast and saturation: a factor, where 1
            changes nothing. Hue: a shift of -0.5..0.5, where 0 changes nothing.
        grey: (B,), bool, whether the image is converted to grey.
        sigma: (B,), float64, standard deviation of the blur in pixels; 0 for no blur.
        solarise: (B,), bool, whether values at or above the threshold are inverted.
    """

    order: np.ndarray
    factors: np.ndarray
    grey: np.ndarray
    sigma: np.ndarray
    solarise: np.ndarray


@dataclass(frozen=True)
class ColourOptions:
    """Distributions of :class:`ColourDraws`: those of torchvision and of the papers' pipelines.

    Args:
        brightness: The factor is uniform in 1 - brightness .. 1 + brightness, but never below 0.
        contrast: The same for contrast.
        saturation: The same for saturation.
        hue: Largest shift of the hue, 0..0.5; 0.5 is half the colour circle. The shift is uniform in -hue .. hue.
        jitter_prob: Probability of these four changes, which are applied together in random order, 0..1.
        grey_prob: Probability of conversion to grey, 0..1.
        blur_prob: Probability of a blur, 0..1.
        blur_sigma: Smallest and largest standard deviation of the blur in pixels; the value is uniform between them.
        solarise_prob: Probability of solarisation, 0..1.
        solarise_threshold: 0..255; a value v at or above it becomes 255 - v.

    Raises:
        ValueError: If an argument is out of its range.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    jitter_prob: float = 0.8
    grey_prob: float = 0.0
    blur_prob: float = 0.0
    blur_sigma: Sequence[float] = (0.1, 2.0)
    solarise_prob: float = 0.0
    solarise_threshold: int = 128

    def __post_init__(self) -> None:
        for name in JITTERS[:3]:
            if getattr(self, name) < 0:
                raise ValueError(
                    f'Photometrics.{name}={getattr(self, name)}: give the largest distance of the factor from 1'
                )
        if not 0 <= self.hue <= 0.5:
            raise ValueError(f'Photometrics.hue={self.hue}: give a fraction of the colour circle, 0 to 0.5')
        for name in ('jitter_prob', 'grey_prob', 'blur_prob', 'solarise_prob'):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f'Photometrics.{name}={getattr(self, name)}: give a probability, 0 to 1')
        sigma = self.blur_sigma
        if isinstance(sigma, (int, float)) or len(sigma) != 2 or not 0 < sigma[0] <= sigma[1]:
            raise ValueError(
                f'Photometrics.blur_sigma={sigma}: give the smallest and the largest in pixels, 0 < smallest <= largest'
            )
        if not 0 <= self.solarise_threshold <= 256:
            raise ValueError(f'Photometrics.solarise_threshold={self.solarise_threshold}: give a value, 0 to 255')

    def draw(self, uniform: np.ndarray) -> ColourDraws:
        """Turns uniform random numbers into parameters, so that any random generator can be used.

        Args:
            uniform: (B, ``NUMBERS``), independent numbers in [0, 1).
        """
        spread = np.array([getattr(self, name) for name in JITTERS])
        low, high = NEUTRAL - spread, NEUTRAL + spread
        low[:3] = np.maximum(low[:3], 0)
        factors = low + (high - low) * uniform[:, 5:9]
        sigma = self.blur_sigma[0] + (self.blur_sigma[1] - self.blur_sigma[0]) * uniform[:, 11]
        return ColourDraws(
            order=np.argsort(uniform[:, 1:5], axis=1),
            factors=np.where(uniform[:, :1] < self.jitter_prob, factors, NEUTRAL),
            grey=uniform[:, 9] < self.grey_prob,
            sigma=np.where(uniform[:, 10] < self.blur_prob, sigma, 0.0),
            solarise=uniform[:, 12] < self.solarise_prob,
        )
