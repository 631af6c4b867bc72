"""Changes of the values of whole batches, of any channels, by torch, on the device where they are.

Shapes: B images, M some of them, C channels, h x w a view in pixels.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..images.pixel_draws import EACH, FIXED, PixelDraws, PixelOptions
from ..valid_cells import mean_of_valid
from .batch_photometrics import SIGMAS, blur


class BatchPixelPhotometrics:
    """What the transform :class:`~mmdecon.datasets.PixelPhotometrics` does, to a batch; each image has its own draws.

    Draws come from torch's generator on the CPU, noise from the device's; both are seeded by
    :class:`~mmdecon.hooks.SeedEachStep`. Nothing is rounded. A blur is cut at three times the largest sigma.

    Args:
        **options: See :class:`~mmdecon.images.pixel_draws.PixelOptions`; the same ones as the transform's. A batch
            knows no range of its own: give ``value_range``, unless it is of bytes.

    Raises:
        TypeError: If an option does not exist.
        ValueError: If an option is out of its range.
    """

    def __init__(self, **options: Any) -> None:
        self.options = PixelOptions(**options)

    def __call__(self, images: Tensor, valid: Tensor | None = None) -> Tensor:
        """Changes the values of each image by chance.

        Args:
            images: (B, C, h, w), uint8 or floating.
            valid: Which pixels have a value, (B, h, w), bool; None for all.

        Returns:
            (B, C, h, w), new, floating: float32 where ``images`` are uint8.

        Raises:
            ValueError: If the images are floating and ``value_range`` is not given.
        """
        span = self.options.value_range
        if span is None:
            if images.is_floating_point():
                raise ValueError(
                    'data_preprocessor.photometrics changes floats of an unknown range: give '
                    "dict(type='mmdecon.PixelPhotometrics', value_range=(low, high), ...)"
                )
            span = (0.0, 255.0)
        uniform = torch.rand(len(images), FIXED + EACH * images.shape[1], dtype=torch.float64).numpy()
        images = images if images.is_floating_point() else images.float()
        return change_batch(images, self.options.draw(uniform), span, self.options.blur_sigma[1], valid)


def change_batch(
    images: Tensor, draws: PixelDraws, span: Sequence[float], largest_sigma: float, valid: Tensor | None = None
) -> Tensor:
    """Does to each image of a batch what was drawn for it.

    Args:
        images: (B, C, h, w), floating.
        draws: Of B images.
        span: The lowest and the highest value.
        largest_sigma: Of any blur, in pixels.
        valid: Which pixels have a value, (B, h, w), bool; None for all.

    Returns:
        (B, C, h, w), new.
    """
    low, extent = span[0], span[1] - span[0]
    values = (images - low) / extent
    shift, contrast, gamma, sigma, noise, dropped = (
        torch.from_numpy(each).to(images.device, torch.bool if each.dtype == bool else images.dtype) for each in draws
    )
    mean = mean_of_valid(values, valid)[:, :, None, None]
    toned = (mean + contrast[:, :, None, None] * (values - mean) + shift[:, :, None, None]).clamp(0, 1)
    tone = draws.shift.any(axis=1) | (draws.contrast != 1).any(axis=1) | (draws.gamma != 1).any(axis=1)
    values = _where(tone, toned ** gamma[:, :, None, None], values)
    if draws.sigma.any():
        values = _blur_some(values, np.flatnonzero(draws.sigma), sigma, ceil(SIGMAS * largest_sigma), valid)
    if draws.noise.any():
        values = values + noise[:, None, None, None] * torch.randn_like(values)
    means = mean_of_valid(values.clamp(0, 1), valid)[:, :, None, None]
    values = torch.where(dropped[:, :, None, None], means, values.clamp(0, 1))
    changed = tone | (draws.sigma > 0) | (draws.noise > 0) | draws.dropped.any(axis=1)
    return _where(changed, values * extent + low, images)


def _where(chosen: np.ndarray[Any, Any], a: Tensor, b: Tensor) -> Tensor:
    """Some images of one batch, the others of another."""
    return torch.where(torch.from_numpy(chosen).to(a.device)[:, None, None, None], a, b)


def _blur_some(
    values: Tensor, chosen: np.ndarray[Any, Any], sigma: Tensor, radius: int, valid: Tensor | None
) -> Tensor:
    """Blurs the chosen images; with holes by normalised convolution."""
    rows = torch.from_numpy(chosen).to(values.device)
    some, own = values[rows], sigma[rows][:, None, None, None]
    if valid is None:
        blurred = blur(some, own, radius)
    else:
        holes = ~valid[rows][:, None]
        shares = blur((~holes).to(some), own, radius).clamp(min=1e-6)
        blurred = blur(some.masked_fill(holes, 0), own, radius) / shares
    return values.index_copy(0, rows, blurred)
