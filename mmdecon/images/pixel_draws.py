"""Random parameters of changes of values, of images with any channels, the same for images on the CPU and for batches.

Shapes: B images, C channels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

FIXED = 7  # uniform random numbers that an image needs, whatever its channels
EACH = 4  # and those of each channel
PROBABILITIES = ('jitter_prob', 'gamma_prob', 'blur_prob', 'noise_prob', 'drop_prob')
SPANS = dict(gamma='factors', blur_sigma='standard deviations in pixels', noise='standard deviations')


class PixelDraws(NamedTuple):
    """Random parameters for the values of B images. The changes are applied in the order of the fields.

    Attributes:
        shift: (B, C), what is added, in parts of the value range; 0 changes nothing.
        contrast: (B, C), factors of the distance from the channel's mean; 1 changes nothing.
        gamma: (B, C), exponents of values in 0..1; 1 changes nothing.
        sigma: (B,), standard deviation of the blur in pixels; 0 for none.
        noise: (B,), standard deviation of the noise, in parts of the value range; 0 for none.
        dropped: (B, C), bool, which channels become constant; never all of an image.
    """

    shift: np.ndarray
    contrast: np.ndarray
    gamma: np.ndarray
    sigma: np.ndarray
    noise: np.ndarray
    dropped: np.ndarray


@dataclass(frozen=True)
class PixelOptions:
    """Distributions of :class:`PixelDraws`.

    Args:
        brightness: Largest shift, in parts of the value range; uniform in -brightness .. brightness.
        contrast: The factor is uniform in 1 - contrast .. 1 + contrast, but never below 0.
        jitter_prob: Probability of these two changes, 0..1.
        per_channel: Whether shift, factor and exponent are sampled for each channel; otherwise, all channels of an
            image change alike.
        gamma: Smallest and largest exponent, > 0; its logarithm is uniform between theirs.
        gamma_prob: Probability of the exponent, 0..1.
        blur_sigma: Smallest and largest standard deviation of the blur in pixels; the value is uniform between them.
        blur_prob: Probability of a blur, 0..1.
        noise: Smallest and largest standard deviation of Gaussian noise, in parts of the value range; uniform.
        noise_prob: Probability of noise, 0..1.
        drop_prob: Probability of each channel to be dropped: to have its mean everywhere. One channel always stays.
        value_range: The lowest and the highest value of pixels; None for what the sample says, or else the limits of an
            integer dtype.

    Raises:
        ValueError: If an argument is out of its range.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    jitter_prob: float = 0.8
    per_channel: bool = False
    gamma: Sequence[float] = (0.7, 1.5)
    gamma_prob: float = 0.0
    blur_sigma: Sequence[float] = (0.1, 2.0)
    blur_prob: float = 0.0
    noise: Sequence[float] = (0.0, 0.05)
    noise_prob: float = 0.0
    drop_prob: float = 0.0
    value_range: Sequence[float] | None = None

    def __post_init__(self) -> None:
        for name in ('brightness', 'contrast'):
            if getattr(self, name) < 0:
                raise ValueError(f'PixelPhotometrics.{name}={getattr(self, name)}: give the largest change, 0 or more')
        for name in PROBABILITIES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f'PixelPhotometrics.{name}={getattr(self, name)}: give a probability, 0 to 1')
        for name, what in SPANS.items():
            span = getattr(self, name)
            least = 'of at least 0' if name == 'noise' else 'above 0'
            if not _is_span(span) or span[0] < 0 or (name != 'noise' and span[0] == 0):
                raise ValueError(f'PixelPhotometrics.{name}={span}: give the smallest and the largest, {what} {least}')
        span = self.value_range
        if span is not None and (not _is_span(span) or span[0] == span[1]):
            raise ValueError(f'PixelPhotometrics.value_range={span}: give the lowest and the highest value')

    def draw(self, uniform: np.ndarray) -> PixelDraws:
        """Turns uniform random numbers into parameters, so that any random generator can be used.

        Args:
            uniform: (B, ``FIXED + EACH * C``), independent numbers in [0, 1).
        """
        jitter, gamma, blur, sigma, noise, strength, stays = uniform[:, :FIXED].T
        shifts, factors, powers, drops = np.split(uniform[:, FIXED:], EACH, axis=1)
        if not self.per_channel:
            shifts, factors, powers = (np.broadcast_to(x[:, :1], x.shape) for x in (shifts, factors, powers))
        changes = (jitter < self.jitter_prob)[:, None]
        low = max(0.0, 1 - self.contrast)
        dropped = drops < self.drop_prob
        dropped[np.arange(len(drops)), (stays * drops.shape[1]).astype(int)] = False
        exponents = np.exp(_between(powers, [math.log(one) for one in self.gamma]))
        return PixelDraws(
            shift=np.where(changes, self.brightness * (2 * shifts - 1), 0.0),
            contrast=np.where(changes, low + (1 + self.contrast - low) * factors, 1.0),
            gamma=np.where((gamma < self.gamma_prob)[:, None], exponents, 1.0),
            sigma=np.where(blur < self.blur_prob, _between(sigma, self.blur_sigma), 0.0),
            noise=np.where(noise < self.noise_prob, _between(strength, self.noise), 0.0),
            dropped=dropped,
        )


def _is_span(span: Sequence[float]) -> bool:
    """Whether something is a smallest and a largest finite number."""
    return not isinstance(span, (int, float)) and len(span) == 2 and -math.inf < span[0] <= span[1] < math.inf


def _between(uniform: np.ndarray, span: Sequence[float]) -> np.ndarray:
    """Uniform numbers of [0, 1), stretched."""
    return span[0] + (span[1] - span[0]) * uniform
