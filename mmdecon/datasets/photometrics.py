"""Colour changes of one view on the CPU, in uint8 throughout: by look-up tables where a table can say it.

Shapes: h x w a view in pixels. Images are NumPy, uint8, BGR, channels last.
"""

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ..images.colour_draws import NEUTRAL, NUMBERS, ColourDraws, ColourOptions
from ..registry import TRANSFORMS

VALUES = np.arange(256, dtype=np.float32)
TRUNCATE = -0.499  # OpenCV rounds to nearest, Pillow and torchvision down


@TRANSFORMS.register_module()
class Photometrics(BaseTransform):
    """Jitters brightness, contrast, saturation and hue in random order, turns grey, blurs, solarises: each by chance.

    The distributions are those of torchvision's ``RandomApply([ColorJitter])``, ``RandomGrayscale``, Pillow's
    ``GaussianBlur`` of a uniform sigma and ``RandomSolarize``, in this order, as SlotCon, BYOL and MoCo v2 use them.
    Draws come from NumPy's global generator. Several times as fast as Pillow; see docs/data.md.

    Differs from the original:
        With the same draws, brightness, contrast and solarisation equal torchvision's on Pillow images; grey and
        saturation are within one level of 255. The hue is turned in OpenCV's 8-bit HSV, not Pillow's: a few levels
        where colours are strong. The blur is a Gaussian cut at three sigma, where Pillow's is three box filters.

    Args:
        **options: See :class:`~mmdecon.images.colour_draws.ColourOptions`; what is left out changes nothing.

    Raises:
        TypeError: If an option does not exist.
        ValueError: If an option is out of its range.
    """

    def __init__(self, **options: Any) -> None:
        self.options = ColourOptions(**options)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Changes the colours of a view.

        Args:
            results: With ``img`` (h, w, 3).

        Returns:
            The same dict with a new ``img``, of the same shape.
        """
        draws = self.options.draw(np.random.random_sample((1, NUMBERS)))
        results['img'] = recolour(results['img'], draws, 0, self.options.solarise_threshold)
        return results

    def __repr__(self) -> str:
        return repr(self.options).replace('ColourOptions', 'Photometrics')


def recolour(image: np.ndarray, draws: ColourDraws, number: int, threshold: int) -> np.ndarray:
    """Does to one image what was drawn for it.

    Args:
        image: (h, w, 3).
        draws: Of several images.
        number: Which of them.
        threshold: Where solarising begins, 0..255.

    Returns:
        (h, w, 3); ``image`` itself where nothing is to be done.
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
    """``value`` at factor 0, the image at 1, and beyond."""
    table = value + np.float32(factor) * (VALUES - np.float32(value))
    return cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8))


def _brighten(image: np.ndarray, factor: float) -> np.ndarray:
    return _blend(image, 0, factor)


def _contrast(image: np.ndarray, factor: float) -> np.ndarray:
    return _blend(image, int(cv2.mean(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))[0] + 0.5), factor)


def _saturate(image: np.ndarray, factor: float) -> np.ndarray:
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return cv2.addWeighted(image, factor, grey, 1 - factor, TRUNCATE)


def _turn_hue(image: np.ndarray, turn: float) -> np.ndarray:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV_FULL)
    hsv[..., 0] += np.uint8(round(turn * 256) % 256)  # wraps around, as the circle does
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR_FULL)


_CHANGES = (_brighten, _contrast, _saturate, _turn_hue)  # as in JITTERS
