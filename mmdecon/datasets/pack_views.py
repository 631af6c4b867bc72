"""Packs the views of a sample for a batch.

Shapes: h x w a view in pixels; C channels, S planes of regions.
"""

from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from ..images.pixels import PHOTO
from ..registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackViews(BaseTransform):
    """Turns the views of :class:`TwoViews` into tensors that mmengine's ``default_collate`` can batch.

    The sample becomes ``dict(views=[view, view])``, each view with ``image`` (C, h, w), uint8 as it is and any other
    dtype as float32, ``box`` (4,) float32, ``flipped`` () bool, ``source`` (2,) float32, and optionally ``regions`` (S,
    h, w) int32. ``valid`` (h, w), bool, tells which pixels have a value; photos (uint8 of a sample that knows neither
    ``value_range`` nor ``nodata``) have none, all other samples do, so that they can be batched. The next step is
    :class:`~mmdecon.models.data_preprocessor.ViewPreprocessor`.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, list[dict[str, torch.Tensor]]]:
        """Packs a sample.

        Args:
            results: A sample with ``views``.

        Returns:
            Only the views.
        """
        views = results['views']
        masked = views[0]['img'].dtype != PHOTO or any(
            results.get(key) is not None for key in ('value_range', 'nodata', 'nodata2')
        )
        return dict(views=[_pack(view, masked or 'valid' in view) for view in views])


def _pack(view: dict[str, Any], masked: bool) -> dict[str, torch.Tensor]:
    """Turns one view into tensors."""
    image = view['img'] if view['img'].dtype == PHOTO else view['img'].astype(np.float32, copy=False)
    packed = dict(
        image=torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))),
        box=torch.from_numpy(view['box']),
        flipped=torch.tensor(view['flipped']),
        source=torch.from_numpy(view['source']),
    )
    if masked:
        packed['valid'] = torch.from_numpy(view.get('valid', np.ones(image.shape[:2], bool)))
    if 'regions' in view:
        packed['regions'] = torch.from_numpy(view['regions'].transpose(2, 0, 1).astype(np.int32))
    return packed
