"""From collated bytes to normalised views on the model's device.

Shapes: B images, C channels, h x w a view's size in pixels, S planes of regions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ..registry import MODELS
from ..views import View
from .batch_photometrics import BatchPhotometrics
from .batch_pixel_photometrics import BatchPixelPhotometrics

Changes = BatchPhotometrics | BatchPixelPhotometrics
ON_DEVICE: dict[Any, type[Changes]] = {
    'mmdecon.Photometrics': BatchPhotometrics,
    'mmdecon.PixelPhotometrics': BatchPixelPhotometrics,
}


@MODELS.register_module()
class ViewPreprocessor(ImgDataPreprocessor):
    """Moves batches of :class:`~mmdecon.datasets.PackViews` to the device, BGR to RGB, normalised.

    Pixels without a value (NaN or nodata) become 0, the mean, and get region -1.

    Args:
        mean: Mean of each of the C channels, in the units of the values (0..255 for photos), RGB (BGR if ``bgr_to_rgb``
            is False; otherwise the file's order). One number is for all channels. Default: ImageNet's.
            ``tools/pixel_statistics.py`` finds those of your images.
        std: Standard deviation of each channel, in the same unit and order.
        bgr_to_rgb: Whether channels come as BGR, as ``LoadImage`` has them, and the network wants RGB; for C = 3 alone.
        non_blocking: Whether copies to the device may overlap with computing (needs ``pin_memory`` in the data
            loader).
        photometrics: For each view the config of its changes on the device, ``dict(type='mmdecon.Photometrics', ...)``
            or, for images of any channels, ``dict(type='mmdecon.PixelPhotometrics', ...)``, as in a pipeline, or None
            for none; while training alone. The pipeline should have none then. None for none at all.

    Raises:
        ValueError: If mean, std and bgr_to_rgb do not fit each other.
    """

    def __init__(
        self,
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
        bgr_to_rgb: bool = True,
        non_blocking: bool = False,
        photometrics: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> None:
        _check(mean, std, bgr_to_rgb)
        super().__init__(mean=(0.0,), std=(1.0,), bgr_to_rgb=bgr_to_rgb, non_blocking=non_blocking)
        # mmengine's takes one or three channels alone
        self.mean, self.std = (torch.tensor(values).view(-1, 1, 1) for values in (mean, std))
        self.photometrics = [_on_device(config) if config else None for config in photometrics or ()]

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, list[View]]:
        """Makes the model's input.

        Args:
            data: ``dict(views=[...])``, each view a dict with ``image`` (B, C, h, w), uint8 BGR or float32, ``box`` (B,
                4), ``flipped`` (B,), bool, and perhaps ``source`` (B, 2), ``regions`` (B, S, h, w) and ``valid`` (B, h,
                w), bool.
            training: Whether to apply ``photometrics``.

        Returns:
            ``dict(views=[View, ...])``: float32 images (of the buffers' precision, if the model was cast to a higher
            one), boxes and flips as they came, regions int64.

        Raises:
            ValueError: If there are ``photometrics`` for another number of views, or images have another number of
                channels than ``mean``.
        """
        views = data['views']
        changes = self.photometrics if training and self.photometrics else list[None]([None] * len(views))
        if len(changes) != len(views):
            raise ValueError(
                f'data_preprocessor.photometrics is for {len(changes)} views, and the batch has {len(views)}: give one '
                'config, or None, for each'
            )
        return dict(views=[self._view(view, change) for view, change in zip(views, changes)])

    def _view(self, view: dict[str, Tensor], change: Changes | None) -> View:
        """Makes one view."""
        view = self.cast_data(view)
        image, regions, valid = view['image'], view.get('regions'), view.get('valid')
        if len(self.mean) not in (1, image.shape[1]) or self._channel_conversion and image.shape[1] != 3:
            raise ValueError(
                f'data_preprocessor.mean has {len(self.mean)} values, and the images have {image.shape[1]} channels: '
                'give one for each (by tools/pixel_statistics.py), with bgr_to_rgb=False unless they are BGR photos'
            )
        if isinstance(change, BatchPixelPhotometrics):
            image = change(image, valid)
        elif change:
            image = change(image)
        image = super().forward(dict(inputs=image))['inputs']
        regions = None if regions is None else regions.long()
        if valid is not None:
            image = image.masked_fill(~valid[:, None], 0)
            regions = None if regions is None else regions.masked_fill(~valid[:, None], -1)
        return View(image, view['box'], view['flipped'], regions, view.get('source'), valid=valid)


def _check(mean: Sequence[float], std: Sequence[float], bgr_to_rgb: bool) -> None:
    """Refuses statistics that do not fit together."""
    if len(mean) != len(std) or not len(mean):
        raise ValueError(f'data_preprocessor: mean={mean} and std={std}: give one number for each channel in both')
    if min(std) <= 0:
        raise ValueError(f'data_preprocessor.std={std}: a channel cannot be divided by it; give numbers above 0')
    if bgr_to_rgb and len(mean) not in (1, 3):
        raise ValueError(
            f'data_preprocessor.bgr_to_rgb=True is for three channels, and mean has {len(mean)} values: set it to False'
        )


def _on_device(config: Mapping[str, Any]) -> Changes:
    """What does to batches on the device what the config of a transform does to images.

    Raises:
        ValueError: If it is the config of something else.
    """
    options = dict(config)
    kind = options.pop('type', None)
    if kind not in ON_DEVICE:
        known = ', '.join(map(repr, ON_DEVICE))
        raise ValueError(f'data_preprocessor.photometrics has type={kind!r}; known: {known}')
    return ON_DEVICE[kind](**options)
