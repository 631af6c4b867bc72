"""Colour augmentation of one view on the CPU, in uint8 throughout, with look-up tables where possible.

Shapes: h x w a view in pixels. Images are NumPy, uint8, BGR, channels last.
"""

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ..images.colour_draws import NEUTRAL, NUMBERS, ColourDraws, ColourOptions
from ..registry import TRANSFORMS

VALUES = np.arange(256, dtype=np.float32)
TRUNCATE = -0.499  # OpenCV rounds to the nearest integer, Pillow and torchvision round down


@TRANSFORMS.register_module()
class Photometrics(BaseTransform):
    """Colour jitter in random order, conversion to grey, blur and solarisation, each with its probability.

    The distributions are those of torchvision's ``RandomApply([ColorJitter])``, ``RandomGrayscale``, Pillow's
    ``GaussianBlur`` with a uniform sigma, and ``RandomSolarize``, in this order, as SlotCon, BYOL and MoCo v2 use them.
    Random numbers come from NumPy's global generator. Several times as fast as Pillow; see docs/data.md.

    Differs from the original:
        With the same parameters, brightness, contrast and solarisation equal torchvision's on Pillow images; grey and
        saturation differ by at most 1 of 255. The hue is shifted in OpenCV's 8-bit HSV instead of Pillow's: strong
        colours differ by a few levels. The blur is a Gaussian truncated at three sigma; Pillow's is three box filters.

    Args:
        **options: See :class:`~mmdecon.images.colour_draws.ColourOptions`; by default no change is made.

    Raises:
        TypeError: If an option does not exist.
        ValueError: If an option is out of its range.
    """

    def __init__(self, **options: Any) -> None:
        self.options = ColourOptions(**options)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Changes the colours of a view.

        Args:
            results: A sample with ``img`` (h, w, 3).

        Returns:
            The same dict with a new ``img`` of the same shape.

        Raises:
            ValueError: If the view is no photo: another dtype, or another number of channels.
        """
        image = results['img']
        if image.dtype != np.uint8 or image.shape[2] != 3:
            raise ValueError(
                f'Photometrics changes the colours of BGR photos, and this view is {image.dtype} of {image.shape[2]} '
                "channels: take dict(type='mmdecon.PixelPhotometrics', ...), see docs/pixels.md"
            )
        draws = self.options.draw(np.random.random_sample((1, NUMBERS)))
        results['img'] = recolour(image, draws, 0, self.options.solarise_threshold)
        return results

    def __repr__(self) -> str:
        return repr(self.options).replace('ColourOptions', 'Photometrics')


def recolour(image: np.ndarray, draws: ColourDraws, number: int, threshold: int) -> np.ndarray:
    """Applies random colour parameters to one image.

    Args:
        image: (h, w, 3).
        draws: Parameters of B images.
        number: Index of this image, 0..B - 1.
        threshold: Values at or above it are solarised, 0..255.

    Returns:
        (h, w, 3); ``image`` itself if nothing changes.
    """
    for kind in draws.order[number]:
        factor = draws.factors[number, kind]
        if factor != NEUTRAL[kind]:
            image = _CHANGES[kind](image, float(factor))
    grey = draws.grey[number]
    if grey:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)  # one channel until the end
    if draws.sigma[number]:
        image = cv2.GaussianBlur(image, (0, 0), float(draws.sigma[number]), borderType=cv2.BORDER_REPLICATE)
    if draws.solarise[number]:
        image = cv2.LUT(image, np.where(threshold > VALUES, VALUES, 255 - VALUES).astype(np.uint8))
    return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if grey else image


def _blend(image: np.ndarray, value: float, factor: float) -> np.ndarray:
    """Interpolates between ``value`` (factor 0) and the image (factor 1); larger factors extrapolate."""
    table = value + np.float32(factor) * (VALUES - np.float32(value))
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8))


def _brighten(image: np.ndarray, factor: float) -> np.ndarray:
    return _blend(image, 0, factor)


def _contrast(image: np.ndarray, factor: float) -> np.ndarray:
    mean: Any = cv2.mean(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    return _blend(image, int(mean[0] + 0.5), factor)


def _saturate(image: np.ndarray, factor: float) -> np.ndarray:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return cv2.addWeighted(image, factor, grey, 1 - factor, TRUNCATE)


def _turn_hue(image: np.ndarray, turn: float) -> np.ndarray:
    hsv: np.ndarray[Any, Any] = cv2.cvtColor(image, cv2.COLOR_BGR2HSV_FULL)
    hsv[..., 0] += np.uint8(round(turn * 256) % 256)  # uint8 wraps around like the hue circle
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR_FULL)


_CHANGES = (_brighten, _contrast, _saturate, _turn_hue)  # as in JITTERS
