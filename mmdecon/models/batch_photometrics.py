"""Colour changes of whole batches, by torch, on the device where they are.

Shapes: B images, M some of them, h x w a view in pixels. Images are BGR, 0..255.
"""

from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from ..images.colour_draws import NEUTRAL, NUMBERS, ColourDraws, ColourOptions

BGR_TO_GREY = (0.114, 0.587, 0.299)
SIGMAS = 3  # where a blur is cut


class BatchPhotometrics:
    """What the transform :class:`~mmdecon.datasets.Photometrics` does, to a batch; each image has its own draws.

    Draws come from torch's generator on the CPU, which :class:`~mmdecon.hooks.SeedEachStep` seeds by the run's seed,
    the iteration and the rank: unlike the transform's they change with the number of processes.

    Differs from the original:
        Nothing is rounded on the way, so each change equals torchvision's on float images. A blur is cut at three times
        the largest sigma, and the image goes on at its edge as its last pixel, which is Pillow's way.

    Args:
        **options: See :class:`~mmdecon.images.colour_draws.ColourOptions`; the same ones as the transform's.

    Raises:
        TypeError: If an option does not exist.
        ValueError: If an option is out of its range.
    """

    def __init__(self, **options: Any) -> None:
        self.options = ColourOptions(**options)

    def __call__(self, images: Tensor) -> Tensor:
        """Changes the colours of each image by chance.

        Args:
            images: (B, 3, h, w), uint8 or floating.

        Returns:
            (B, 3, h, w), new, floating: float32 where ``images`` are uint8.

        Raises:
            ValueError: If images have another number of channels.
        """
        if images.shape[1] != 3:
            raise ValueError(
                f'data_preprocessor.photometrics has Photometrics, which are for BGR photos, and the images have '
                f"{images.shape[1]} channels: take dict(type='mmdecon.PixelPhotometrics', ...)"
            )
        uniform = torch.rand(len(images), NUMBERS, dtype=torch.float64).numpy()
        return recolour_batch(images, self.options.draw(uniform), self.options)


def recolour_batch(images: Tensor, draws: ColourDraws, options: ColourOptions) -> Tensor:
    """Does to each image of a batch what was drawn for it.

    Args:
        images: (B, 3, h, w), uint8 or floating.
        draws: Of B images.
        options: That they were drawn by, for the threshold and the largest sigma.

    Returns:
        (B, 3, h, w), new, floating.
    """
    images = images.clone() if images.is_floating_point() else images.float()
    for place in range(4):
        for kind, change in enumerate((_brighten, _contrast, _saturate, _turn_hue)):
            factors = draws.factors[:, kind]
            chosen = np.flatnonzero((draws.order[:, place] == kind) & (factors != NEUTRAL[kind]))
            _apply(images, chosen, change, factors)
    _apply(images, np.flatnonzero(draws.grey), lambda some: _grey(some).expand_as(some))
    radius = ceil(SIGMAS * options.blur_sigma[1])
    _apply(images, np.flatnonzero(draws.sigma), lambda some, sigma: blur(some, sigma, radius), draws.sigma)
    threshold = options.solarise_threshold
    _apply(images, np.flatnonzero(draws.solarise), lambda some: torch.where(some < threshold, some, 255 - some))
    return images


def _apply(images: Tensor, chosen: np.ndarray[Any, Any], change: Any, *numbers: np.ndarray[Any, Any]) -> None:
    """Changes the chosen images in place, each by its own number, (M, 1, 1, 1), where there are any."""
    if len(chosen):
        rows = torch.from_numpy(chosen).to(images.device)
        own = [torch.from_numpy(each[chosen]).to(images)[:, None, None, None] for each in numbers]
        images[rows] = change(images[rows], *own)


def _grey(images: Tensor) -> Tensor:
    """(M, 1, h, w)."""
    return (images * images.new_tensor(BGR_TO_GREY)[:, None, None]).sum(1, keepdim=True)


def _brighten(images: Tensor, factor: Tensor) -> Tensor:
    return (images * factor).clamp(0, 255)


def _contrast(images: Tensor, factor: Tensor) -> Tensor:
    return torch.lerp(_grey(images).mean((2, 3), keepdim=True).expand_as(images), images, factor).clamp(0, 255)


def _saturate(images: Tensor, factor: Tensor) -> Tensor:
    return torch.lerp(_grey(images).expand_as(images), images, factor).clamp(0, 255)


def _turn_hue(images: Tensor, turn: Tensor) -> Tensor:
    """To hue (in sixths of the circle), value and chroma, and back with another hue."""
    blue, green, red = images.unbind(1)
    value, smallest = images.amax(1), images.amin(1)
    chroma = value - smallest
    unit = torch.where(chroma > 0, chroma, 1)
    of_others = torch.where(value == green, 2 + (blue - red) / unit, 4 + (red - green) / unit)
    hue = torch.where(value == red, (green - blue) / unit, of_others) + 6 * turn[:, 0]
    place = (hue[:, None] + hue.new_tensor([1, 3, 5])[:, None, None]) % 6  # of blue, green and red on the circle
    return value[:, None] - chroma[:, None] * torch.minimum(place, 4 - place).clamp(0, 1)


def blur(images: Tensor, sigma: Tensor, radius: int) -> Tensor:
    """Blurs each image by its own Gaussian, one row and one column of it.

    Args:
        images: (M, C, h, w), floating.
        sigma: In pixels, (M, 1, 1, 1), > 0.
        radius: Where the Gaussian is cut, in pixels.

    Returns:
        (M, C, h, w); the image goes on at its edge as its last pixel.
    """
    count, channels, height, width = images.shape
    steps = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
    taps = torch.softmax(-0.5 * (steps / sigma) ** 2, dim=3).expand(-1, channels, 1, -1)  # (M, C, 1, taps)
    row = taps.reshape(count * channels, 1, 1, -1)
    flat = pad(images, [radius] * 4, mode='replicate').reshape(
        1, count * channels, *(n + 2 * radius for n in (height, width))
    )
    with torch.autocast(images.device.type, enabled=False):  # 8 bits of bfloat16 are not enough for a level
        flat = conv2d(conv2d(flat, row, groups=count * channels), row.transpose(2, 3), groups=count * channels)
    return flat.reshape(images.shape)
