"""The two-view pipeline as the papers' code has it: torchvision's transforms on Pillow images."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter
from torch import Tensor
from torchvision import transforms as T
from torchvision.transforms.functional import resized_crop

from mmdecon.datasets import Photometrics, TwoViews
from mmdecon.images.colour_draws import ColourOptions
from mmdecon.images.crops import Box, shared_fraction

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class TorchvisionViews:
    """Makes of a file what a :class:`~mmdecon.datasets.TwoViews` would, by torchvision's means.

    The same distributions of crops, their overlap included, flips and colour changes; nothing records the geometry.

    Args:
        ours: What to imitate; its photometrics are one :class:`~mmdecon.datasets.Photometrics` each.
        finish: End with ``ToTensor`` and ``Normalize``, as the papers' code does in the workers; otherwise with bytes,
            which ours leaves to the GPU to normalise.

    Raises:
        ValueError: If the photometrics are others.
    """

    def __init__(self, ours: TwoViews, finish: bool = True) -> None:
        self.ours = ours
        last = [T.ToTensor(), T.Normalize(MEAN, STD)] if finish else [T.PILToTensor()]
        self.views = []
        for number, pipeline in enumerate(ours.photometric):
            steps = pipeline.transforms
            if len(steps) != 1 or not isinstance(steps[0], Photometrics):
                raise ValueError(
                    f'TwoViews.photometric[{number}] of the first config is {steps}: only one mmdecon.Photometrics can '
                    'be written as a torchvision pipeline; name a config with such views first'
                )
            flip = T.RandomHorizontalFlip(ours.flip_prob)
            self.views.append(T.Compose([flip, *colour_changes(steps[0].options), *last]))

    def __call__(self, path: str) -> list[Tensor]:
        """Reads a file and makes two views of it.

        Args:
            path: An image file.

        Returns:
            Two tensors (3, h, w), RGB.
        """
        with open(path, 'rb') as file:
            image = Image.open(file).convert('RGB')
        mode, size = T.InterpolationMode(self.ours.interpolation), list(self.ours.size)
        crops = [resized_crop(image, *place, size, mode) for place in self._draw_pair(image)]
        return [view(crop) for view, crop in zip(self.views, crops)]

    def _draw_pair(self, image: Image.Image) -> list[tuple[int, int, int, int]]:
        """Two places (top, left, height, width), the second drawn until it overlaps the first."""
        first, second = (self._draw(image) for _ in range(2))
        for _ in range(self.ours.tries - 1):
            if self.ours.min_overlap is None or shared_fraction(_box(second), _box(first)) >= self.ours.min_overlap:
                break
            second = self._draw(image)
        return [first, second]

    def _draw(self, image: Image.Image) -> tuple[int, int, int, int]:
        return T.RandomResizedCrop.get_params(image, list(self.ours.scale), list(self.ours.ratio))


def _box(place: tuple[int, int, int, int]) -> Box:
    top, left, height, width = place
    return left, top, left + width, top + height


def colour_changes(options: ColourOptions) -> list[Callable[[Image.Image], Image.Image]]:
    """Writes colour options as torchvision's transforms of Pillow images.

    Args:
        options: What to change, by what chance.
    """
    jitter = T.ColorJitter(options.brightness, options.contrast, options.saturation, options.hue)
    blur = T.Lambda(lambda image: image.filter(ImageFilter.GaussianBlur(np.random.uniform(*options.blur_sigma))))
    return [
        T.RandomApply([jitter], options.jitter_prob),
        T.RandomGrayscale(options.grey_prob),
        T.RandomApply([blur], options.blur_prob),
        T.RandomSolarize(options.solarise_threshold, options.solarise_prob),
    ]
