"""From collated bytes to normalised views on the model's device.

Letters: B images, h x w a view's size in pixels, S planes of regions.
"""

from collections.abc import Sequence

from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ..registry import MODELS
from ..views import View


@MODELS.register_module()
class ViewPreprocessor(ImgDataPreprocessor):
    """Moves batches of :class:`~mmdecon.datasets.PackViews` to the device, BGR to RGB, normalised.

    Args:
        mean: Mean of each channel, 0..255, RGB (BGR if ``bgr_to_rgb`` is False). Default: ImageNet's.
        std: Standard deviation of each channel, in the same unit and order.
        bgr_to_rgb: Whether the network wants RGB.
        non_blocking: Whether copies to the device may overlap with computing (needs ``pin_memory`` in the data
            loader).
    """

    def __init__(
        self,
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375),
        bgr_to_rgb: bool = True,
        non_blocking: bool = False,
    ) -> None:
        super().__init__(mean=mean, std=std, bgr_to_rgb=bgr_to_rgb, non_blocking=non_blocking)

    def forward(self, data: dict, training: bool = False) -> dict[str, list[View]]:
        """Makes the model's input.

        Args:
            data: ``dict(views=[...])``, each view a dict with ``image`` (B, 3, h, w) uint8 BGR, ``box`` (B, 4),
                ``flipped`` (B,), bool, and perhaps ``source`` (B, 2) and ``regions`` (B, S, h, w).
            training: mmengine's flag; both modes are the same here.

        Returns:
            ``dict(views=[View, ...])``: float32 images (of the buffers' precision, if the model was cast to a higher
            one), boxes and flips as they came, regions int64.
        """
        return dict(views=[self._view(view) for view in data['views']])

    def _view(self, view: dict[str, Tensor]) -> View:
        """Makes one view."""
        view = self.cast_data(view)
        image = super().forward(dict(inputs=view['image']))['inputs']
        regions = view['regions'].long() if 'regions' in view else None
        return View(image, view['box'], view['flipped'], regions, view.get('source'))
