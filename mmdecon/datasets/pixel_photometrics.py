"""Changes of the values of one view, of any channels and dtype, on the CPU.

Shapes: h x w a view in pixels, C channels. Images are NumPy, channels last.
"""

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ..images.pixel_draws import EACH, FIXED, PixelDraws, PixelOptions
from ..images.pixels import as_dtype, find_range
from ..registry import TRANSFORMS

Mask = np.ndarray | None


@TRANSFORMS.register_module()
class PixelPhotometrics(BaseTransform):
    """Brightness and contrast, gamma, blur, noise and dropped channels, each with its probability, in this order.

    For images of any number of channels and any dtype: strengths are parts of the range of values, which the option
    ``value_range`` names, or the sample, or an integer dtype. Values are clipped to that range where they change.
    Pixels without a value (``valid``) change nothing: means are over the others, a blur does not mix them in, and they
    get the mean of the changed others. Random numbers come from NumPy's global generator.

    Contrast scales the distance from the channel's mean, of this view. Colour jitter, grey and hue are for photos
    alone: :class:`Photometrics`.

    Args:
        **options: See :class:`~mmdecon.images.pixel_draws.PixelOptions`; by default no change is made.

    Raises:
        TypeError: If an option does not exist.
        ValueError: If an option is out of its range.
    """

    def __init__(self, **options: Any) -> None:
        self.options = PixelOptions(**options)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Changes the values of a view.

        Args:
            results: A sample with ``img`` (h, w, C), and perhaps ``value_range`` and ``valid`` (h, w), bool.

        Returns:
            The same dict with a new ``img`` of the same shape and dtype.

        Raises:
            ValueError: If the image has floats of an unknown range.
        """
        image = results['img']
        wanted = results.get('value_range') if self.options.value_range is None else self.options.value_range
        span = find_range(image.dtype, wanted, 'PixelPhotometrics')
        draws = self.options.draw(np.random.random_sample((1, FIXED + EACH * image.shape[2])))
        results['img'] = change(image, draws, 0, span, results.get('valid'))
        return results

    def __repr__(self) -> str:
        return repr(self.options).replace('PixelOptions', 'PixelPhotometrics')


def change(
    image: np.ndarray, draws: PixelDraws, number: int, span: tuple[float, float], valid: Mask = None
) -> np.ndarray:
    """Applies random parameters to one image; noise is drawn from NumPy's global generator.

    Args:
        image: (h, w, C).
        draws: Parameters of B images.
        number: Index of this image, 0..B - 1.
        span: The lowest and the highest value.
        valid: Which pixels have a value, (h, w), bool; None for all.

    Returns:
        (h, w, C), of the same dtype; ``image`` itself if nothing changes.
    """
    own = PixelDraws(*(each[number] for each in draws))
    tone = own.shift.any() or (own.contrast != 1).any() or (own.gamma != 1).any()
    if not (tone or own.sigma or own.noise or own.dropped.any()) or (valid is not None and not valid.any()):
        return image
    low, extent = np.float32(span[0]), np.float32(span[1] - span[0])
    values = (image.astype(np.float32) - low) / extent
    if tone:
        values = _tone(values, own, valid)
    if own.sigma:
        values = _blur(values, float(own.sigma), valid)
    if own.noise:
        values = values + np.float32(own.noise) * np.random.standard_normal(values.shape).astype(np.float32)
    values = np.clip(values, 0, 1)
    values[..., own.dropped] = _mean(values, valid)[own.dropped]
    if valid is not None:
        values[~valid] = _mean(values, valid)
    return as_dtype(values * extent + low, image.dtype)


def _mean(values: np.ndarray, valid: Mask) -> np.ndarray:
    """Of each channel, (C,), over the valid pixels."""
    chosen = values.reshape(-1, values.shape[2]) if valid is None else values[valid]
    mean: np.ndarray = chosen.mean(axis=0, dtype=np.float64)
    return mean.astype(np.float32)


def _tone(values: np.ndarray, own: PixelDraws, valid: Mask) -> np.ndarray:
    """Brightness, contrast and gamma of values in 0..1."""
    mean = _mean(values, valid)
    values = mean + own.contrast.astype(np.float32) * (values - mean) + own.shift.astype(np.float32)
    return np.clip(values, 0, 1) ** own.gamma.astype(np.float32)


def _blur(values: np.ndarray, sigma: float, valid: Mask) -> np.ndarray:
    """A Gaussian blur; with holes by normalised convolution."""
    if valid is None:
        return _gaussian(values, sigma)
    shares = _gaussian(valid.astype(np.float32)[..., None], sigma)
    return _gaussian(np.where(valid[..., None], values, 0), sigma) / np.maximum(shares, np.float32(1e-6))


def _gaussian(values: np.ndarray, sigma: float) -> np.ndarray:
    """OpenCV's, as Photometrics has it, of any number of channels."""
    blurred = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return blurred.reshape(values.shape)
