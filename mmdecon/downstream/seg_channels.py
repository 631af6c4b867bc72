"""mmseg's data preprocessor for images of any number of channels.

A config imports this module, ``custom_imports = dict(imports=['mmdecon.downstream.seg_channels'])``, as importing mmseg
prints lines that no other run is to see.
"""

from collections.abc import Sequence
from typing import Any

import torch
from mmseg.models import SegDataPreProcessor

from ..registry import MODELS


@MODELS.register_module()
class SegChannelsPreprocessor(SegDataPreProcessor):
    """mmseg's class, which takes one mean or three in the maintained line, with one for each of C channels.

    Args:
        mean: Of each channel, in the units of the values.
        std: Of each channel, likewise.
        **kwargs: mmseg's other arguments, without ``bgr_to_rgb`` and ``rgb_to_bgr``: channels keep their order.

    Raises:
        ValueError: If there are not as many means as stds, an std is not above 0, or channels are to be turned.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], **kwargs: Any) -> None:
        if kwargs.get('bgr_to_rgb') or kwargs.get('rgb_to_bgr'):
            raise ValueError('model.data_preprocessor turns channels, but they keep their order: leave out bgr_to_rgb')
        if len(mean) != len(std) or not all(value > 0 for value in std):
            raise ValueError(f'model.data_preprocessor has mean={mean}, std={std}: give an std above 0 for each mean')
        super().__init__(**kwargs)
        self._enable_normalize = True
        for name, values in dict(mean=mean, std=std).items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32).view(-1, 1, 1), persistent=False)

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Normalises and stacks images, as mmseg's class does.

        Args:
            data: ``inputs``, images of (C, H, W), and ``data_samples``.
            training: Whether they are padded to one size.

        Raises:
            ValueError: If C is not the number of means.
        """
        found = {len(image) for image in data['inputs']}
        if found != {len(self.mean)}:
            raise ValueError(
                f'images have {", ".join(map(str, sorted(found)))} channels, and model.data_preprocessor has '
                f'{len(self.mean)} means: give a mean and an std for each, and as many in model.backbone.in_channels'
            )
        return super().forward(data, training)
