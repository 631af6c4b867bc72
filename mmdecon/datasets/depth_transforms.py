"""What depth's protocols do to images and depth maps and no transform of mmcv, mmseg or mmpretrain does.

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
# the same as shares of H and W
SHARES = dict(
    garg=(0.40810811, 0.99189189, 0.03594771, 0.96405229),
    eigen=(0.3324324, 0.91351351, 0.0359477, 0.96405229),
)
NYU_SHAPE = (480, 640)


def region_box(region: str, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Places a named region in an image.

    Args:
        region: ``nyu_border`` (what registration leaves whole of NYU's pictures, used in training), ``nyu_eigen``
            (where NYU is evaluated), ``garg`` or ``eigen`` (where KITTI is).
        shape: H, W; 480, 640 for NYU's regions.

    Returns:
        top, bottom, left, right in pixels, bottom and right exclusive.

    Raises:
        ValueError: If there is no such region, or NYU's are asked for in an image of another size.

    Example:
        >>> region_box('garg', (352, 1216))
        (143, 349, 43, 1172)
    """
    if region in SHARES:
        return tuple(int(share * side) for share, side in zip(SHARES[region], (shape[0], shape[0], shape[1], shape[1])))
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
    """Makes depth outside a region of the image unknown (0), so that it counts neither in the loss nor in the metric.

    In test pipelines it is the crop of the evaluation: mmseg's ``DepthMetric`` has NYU's alone (``nyu_crop``).

    Args:
        region: See :func:`region_box`.

    Raises:
        ValueError: If there is no such region.
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
            ValueError: If the region does not lie in images of this size.
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
    """Cuts the size of KITTI's benchmark out of the bottom centre of image and depth map.

    ``ori_shape`` becomes the cut's, so that predictions stay on it and are compared with the depth map cut alike.

    Args:
        height: Of the cut, in pixels.
        width: Of the cut, in pixels.
    """

    def __init__(self, height: int = 352, width: int = 1216) -> None:
        self.height, self.width = height, width

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Cuts ``img`` and all ``seg_fields``.

        Args:
            results: A sample with a loaded image.

        Returns:
            The same dict.

        Raises:
            ValueError: If the image is smaller than the cut.
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
    """Changes gamma, brightness and the balance of colours at random; depth stays as it is.

    With values v in 0..1: ``v ** gamma * brightness * colour``, the last drawn for each channel, clipped to 0..1.

    Differs from the original: the toolbox of the published depth recipes applies gamma to values of 0..255, where 1.1
    turns all above 154 white; here it applies to 0..1, as in BTS and AdaBins.

    Args:
        prob: Share of the images to change, 0..1.
        gamma: Smallest and largest.
        brightness: Smallest and largest.
        colour: Smallest and largest.

    Raises:
        ValueError: If ``prob`` is not a share, or a range is not positive and rising.
    """

    def __init__(
        self,
        prob: float = 0.5,
        gamma: Sequence[float] = (0.9, 1.1),
        brightness: Sequence[float] = (0.9, 1.1),
        colour: Sequence[float] = (0.9, 1.1),
    ) -> None:
        if not 0 <= prob <= 1:
            raise ValueError(f'RandomGamma.prob={prob!r}: give a share of the images, 0 to 1')
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
            values = np.arange(256)[:, None] / 255  # each of the 256 values is changed once, then looked up
            factors = np.random.uniform(*self.brightness) * np.random.uniform(*self.colour, size=3)
            table = (values ** np.random.uniform(*self.gamma) * factors).clip(0, 1)
            table = np.round(table * 255).astype(np.uint8)
            results['img'] = np.stack([table[results['img'][..., i], i] for i in range(3)], -1)
        return results
