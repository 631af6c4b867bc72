"""What the colours of views are changed by, drawn at random: one description for the CPU and for batches on a GPU.

Shapes: B images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

JITTERS = ('brightness', 'contrast', 'saturation', 'hue')
NEUTRAL = np.array([1.0, 1.0, 1.0, 0.0])  # factors that change nothing
NUMBERS = 13  # uniform numbers that an image's draws are made of


class ColourDraws(NamedTuple):
    """What happens to the colours of B images, in the order of the fields after ``order``.

    Attributes:
        order: (B, 4) permutations of 0..3, indices of ``JITTERS``: which change comes first.
        factors: (B, 4) float64, one for each of ``JITTERS``: factors of the first three, 1 for none, and a turn of the
            hue, -0.5..0.5, 0 for none.
        grey: (B,) bool, whether the colour goes.
        sigma: (B,) float64, standard deviation of a blur in pixels, 0 for none.
        solarise: (B,) bool, whether values from the threshold on are inverted.
    """

    order: np.ndarray
    factors: np.ndarray
    grey: np.ndarray
    sigma: np.ndarray
    solarise: np.ndarray


@dataclass(frozen=True)
class ColourOptions:
    """The distributions of :class:`ColourDraws`, those of torchvision's and the papers' pipelines.

    Args:
        brightness: Its factor is uniform in 1 - brightness .. 1 + brightness, but never below 0.
        contrast: Likewise.
        saturation: Likewise.
        hue: Largest turn of the hue, 0..0.5; 0.5 is half the circle. The turn is uniform in -hue .. hue.
        jitter_prob: How probably an image is changed by these four, in random order; 0..1 as the other probabilities.
        grey_prob: How probably it turns grey.
        blur_prob: How probably it is blurred.
        blur_sigma: Smallest and largest standard deviation of the blur in pixels, drawn uniformly.
        solarise_prob: How probably it is solarised.
        solarise_threshold: 0..255; values from here on become 255 - value.

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
                raise ValueError(f'Photometrics.{name}={getattr(self, name)}: give how far the factor may be from 1')
        if not 0 <= self.hue <= 0.5:
            raise ValueError(f'Photometrics.hue={self.hue}: give a share of the circle, 0 to 0.5')
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
        """Makes draws of uniform numbers, so that any generator can be behind them.

        Args:
            uniform: (B, ``NUMBERS``), independent, in [0, 1).
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
