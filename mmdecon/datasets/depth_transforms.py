"""Transforms of the depth protocols that mmcv, mmseg and mmpretrain do not have.

Shapes: H x W the image in pixels. Depth is in metres, and 0 where it is not known.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from ..registry import TRANSFORMS
from .depth_loading import UnusableDepth

# top, bottom, left, right: rows and columns of NYU's 480 x 640 pixels
NYU = dict(nyu_border=(45, 472, 43, 608), nyu_eigen=(45, 471, 41, 601))
# the same as fractions of H and W
SHARES = dict(
    garg=(0.40810811, 0.99189189, 0.03594771, 0.96405229),
    eigen=(0.3324324, 0.91351351, 0.0359477, 0.96405229),
)
NYU_SHAPE = (480, 640)


def region_box(region: str, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Computes the box of a named evaluation region.

    Args:
        region: ``nyu_border`` (the part of NYU's images with registered depth, used in training), ``nyu_eigen`` (the
            evaluation crop of NYU), ``garg`` or ``eigen`` (the evaluation crops of KITTI).
        shape: (H, W); (480, 640) for NYU's regions.

    Returns:
        top, bottom, left, right in pixels; bottom and right are exclusive.

    Raises:
        ValueError: If the region is unknown, or a region of NYU is used for an image of another size.

    Examples:
        >>> region_box('garg', (352, 1216))
        (143, 349, 43, 1172)
    """
    if region in SHARES:
        top, bottom, left, right = SHARES[region]
        return int(top * shape[0]), int(bottom * shape[0]), int(left * shape[1]), int(right * shape[1])
    if region not in NYU:
        raise ValueError(f'MaskDepth.region={region!r}: give one of {", ".join([*NYU, *SHARES])}')
    if tuple(shape) != NYU_SHAPE:
        raise ValueError(
            f'MaskDepth.region={region!r} lies in images of 640x480 pixels, not of {shape[1]}x{shape[0]}; mask before '
            'resizing, or use another region'
        )
    return NYU[region]


@TRANSFORMS.register_module()
class MaskDepth(BaseTransform):
    """Sets depth outside a region of the image to unknown (0), so that loss and metric ignore it.

    In test pipelines it makes the evaluation crop: mmseg's ``DepthMetric`` has only that of NYU (``nyu_crop``).

    Args:
        region: See :func:`region_box`.

    Raises:
        ValueError: If the region is unknown.
    """

    def __init__(self, region: str) -> None:
        if region not in {*NYU, *SHARES}:
            region_box(region, NYU_SHAPE)
        self.region = region

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Masks ``gt_depth_map``.

        Args:
            results: A sample with ``gt_depth_map`` (H, W).

        Returns:
            The same dict.

        Raises:
            UnusableDepth: If no depth is known inside the region.
            ValueError: If the region is not defined for images of this size.
        """
        depth = results['gt_depth_map']
        top, bottom, left, right = region_box(self.region, depth.shape)
        inside = np.zeros_like(depth)
        inside[top:bottom, left:right] = depth[top:bottom, left:right]
        if not inside.any():
            raise UnusableDepth(
                f'{results["depth_map_path"]} has no valid depth in the region {self.region!r} (rows {top} to '
                f'{bottom}, columns {left} to {right}); leave it out by dataset.list_file'
            )
        results['gt_depth_map'] = inside
        return results


@TRANSFORMS.register_module()
class KBCrop(BaseTransform):
    """Crops image and depth map to the size of KITTI's benchmark, at the bottom centre.

    ``ori_shape`` becomes the size of the crop, so that predictions are compared with the cropped depth map.

    Args:
        height: Height of the crop in pixels.
        width: Width of the crop in pixels.
    """

    def __init__(self, height: int = 352, width: int = 1216) -> None:
        self.height, self.width = height, width

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Crops ``img`` and all ``seg_fields``.

        Args:
            results: A sample with a loaded image.

        Returns:
            The same dict.

        Raises:
            ValueError: If the image is smaller than the crop.
        """
        height, width = results['img'].shape[:2]
        top, left = height - self.height, (width - self.width) // 2
        if min(top, width - self.width) < 0:
            raise ValueError(
                f'{results["img_path"]} has {width}x{height} pixels, less than the {self.width}x{self.height} of '
                'KBCrop; set its height and width, or leave it out'
            )
        for key in ('img', *results.get('seg_fields', [])):
            results[key] = np.ascontiguousarray(results[key][top : top + self.height, left : left + self.width])
        results['img_shape'] = results['ori_shape'] = (self.height, self.width)
        return results


@TRANSFORMS.register_module()
class RandomGamma(BaseTransform):
    """Changes gamma, brightness and colour balance at random; depth is not changed.

    A value v in 0..1 becomes ``v ** gamma * brightness * colour``, clipped to 0..1. Each channel has its own ``colour``
    factor. All factors are uniform in their ranges.

    Differs from the original: the toolbox of the published depth recipes applies gamma to values of 0..255, where 1.1
    turns all values above 154 white. Here it applies to 0..1, as in BTS and AdaBins.

    Args:
        prob: Probability of the change, 0..1.
        gamma: Smallest and largest exponent, > 0.
        brightness: Smallest and largest factor, > 0.
        colour: Smallest and largest factor, > 0.

    Raises:
        ValueError: If ``prob`` is not in 0..1, or a range is not positive and ascending.
    """

    def __init__(
        self,
        prob: float = 0.5,
        gamma: Sequence[float] = (0.9, 1.1),
        brightness: Sequence[float] = (0.9, 1.1),
        colour: Sequence[float] = (0.9, 1.1),
    ) -> None:
        if not 0 <= prob <= 1:
            raise ValueError(f'RandomGamma.prob={prob!r}: give a probability, 0 to 1')
        for name, limits in dict(gamma=gamma, brightness=brightness, colour=colour).items():
            if not (len(limits) == 2 and 0 < limits[0] <= limits[1]):
                raise ValueError(f'RandomGamma.{name}={limits!r}: give the smallest and the largest factor, above 0')
        self.prob, self.gamma, self.brightness, self.colour = prob, tuple(gamma), tuple(brightness), tuple(colour)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Changes ``img``.

        Args:
            results: A sample with ``img`` (H, W, 3), uint8.

        Returns:
            The same dict.
        """
        if np.random.rand() < self.prob:
            values = np.arange(256)[:, None] / 255  # a look-up table of the 256 values
            factors = _between(self.brightness) * _between(self.colour, size=3)
            table = (values ** _between(self.gamma) * factors).clip(0, 1)
            table = np.round(table * 255).astype(np.uint8)
            results['img'] = np.stack([table[results['img'][..., i], i] for i in range(3)], -1)
        return results


def _between(limits: Sequence[float], size: int | None = None) -> Any:
    """Draws uniformly between two limits."""
    return np.random.uniform(limits[0], limits[1], size)
