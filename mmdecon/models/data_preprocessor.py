"""From collated bytes to normalised views on the model's device.

Shapes: B images, h x w a view's size in pixels, S planes of regions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ..registry import MODELS
from ..views import View
from .batch_photometrics import BatchPhotometrics


@MODELS.register_module()
class ViewPreprocessor(ImgDataPreprocessor):
    """Moves batches of :class:`~mmdecon.datasets.PackViews` to the device, BGR to RGB, normalised.

    Args:
        mean: Mean of each channel, 0..255, RGB (BGR if ``bgr_to_rgb`` is False). Default: ImageNet's.
        std: Standard deviation of each channel, in the same unit and order.
        bgr_to_rgb: Whether the network wants RGB.
        non_blocking: Whether copies to the device may overlap with computing (needs ``pin_memory`` in the data
            loader).
        photometrics: For each view the config of its colour changes on the device,
            ``dict(type='mmdecon.Photometrics', ...)`` as in a pipeline, or None for none; while training alone. The
            pipeline should change no colours then. None for none at all.
    """

    def __init__(
        self,
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
        bgr_to_rgb: bool = True,
        non_blocking: bool = False,
        photometrics: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> None:
        super().__init__(mean=mean, std=std, bgr_to_rgb=bgr_to_rgb, non_blocking=non_blocking)
        self.photometrics = [_on_device(config) if config else None for config in photometrics or ()]

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, list[View]]:
        """Makes the model's input.

        Args:
            data: ``dict(views=[...])``, each view a dict with ``image`` (B, 3, h, w) uint8 BGR, ``box`` (B, 4),
                ``flipped`` (B,), bool, and perhaps ``source`` (B, 2) and ``regions`` (B, S, h, w).
            training: Whether to apply ``photometrics``.

        Returns:
            ``dict(views=[View, ...])``: float32 images (of the buffers' precision, if the model was cast to a higher
            one), boxes and flips as they came, regions int64.

        Raises:
            ValueError: If there are ``photometrics`` for another number of views.
        """
        views = data['views']
        changes = self.photometrics if training and self.photometrics else list[None]([None] * len(views))
        if len(changes) != len(views):
            raise ValueError(
                f'data_preprocessor.photometrics is for {len(changes)} views, and the batch has {len(views)}: give one '
                'config, or None, for each'
            )
        return dict(views=[self._view(view, change) for view, change in zip(views, changes)])

    def _view(self, view: dict[str, Tensor], change: BatchPhotometrics | None) -> View:
        """Makes one view."""
        view = self.cast_data(view)
        image = super().forward(dict(inputs=change(view['image']) if change else view['image']))['inputs']
        regions = view['regions'].long() if 'regions' in view else None
        return View(image, view['box'], view['flipped'], regions, view.get('source'))


def _on_device(config: Mapping[str, Any]) -> BatchPhotometrics:
    """What does to batches on the device what a config of the transform ``mmdecon.Photometrics`` does to images.

    Raises:
        ValueError: If it is the config of something else.
    """
    options = dict(config)
    kind = options.pop('type', None)
    if kind != 'mmdecon.Photometrics':
        raise ValueError(f"data_preprocessor.photometrics has type={kind!r}; known: 'mmdecon.Photometrics'")
    return BatchPhotometrics(**options)
