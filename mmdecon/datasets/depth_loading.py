"""Reads depth maps strictly.

Shapes: H x W the image in pixels. Depth is in metres, and 0 where it is not known.
"""

from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ..registry import TRANSFORMS


class UnusableDepth(ValueError):
    """A depth file is missing, damaged, empty, or has a wrong type or size; the message names it."""


def read_depth(path: str, scale: float, invalid: tuple[int, ...] = (0, 65535)) -> np.ndarray:
    """Reads a 16-bit depth map.

    Args:
        path: A local file with one channel of 16 bits.
        scale: File values are divided by this number to give metres.
        invalid: File values that mean "unknown".

    Returns:
        (H, W), float32, metres; 0 where depth is unknown.

    Raises:
        UnusableDepth: If the file cannot be read, is not one channel of 16 bits, or has no valid value.
    """
    raw = _decode(path)
    if raw.dtype != np.uint16 or raw.ndim != 2:
        channels = 1 if raw.ndim == 2 else raw.shape[2]
        raise UnusableDepth(
            f'{path} has {channels} channel(s) of {raw.dtype}, but depth is one channel of 16 bits (uint16); an image '
            'of depth in 8 bits or in colours has lost the metres: export it again from the source'
        )
    known = ~np.isin(raw, invalid)
    if not known.any():
        values = np.unique(raw)[:5].tolist()
        raise UnusableDepth(
            f'{path} has no valid depth: its values are {values}, and dataset.invalid={list(invalid)}; remove the file '
            'and its image, or leave it out by dataset.list_file'
        )
    return np.where(known, raw / np.float32(scale), 0).astype(np.float32)


def _decode(path: str) -> np.ndarray:
    """Reads the raw values of the file."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise UnusableDepth(f'{path} cannot be read: {error}') from error
    raw = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    if raw is None:
        raise UnusableDepth(f'{path} cannot be read: it is empty, damaged, or of a format that OpenCV does not know')
    return raw


@TRANSFORMS.register_module()
class LoadDepth(BaseTransform):
    """Reads the depth map of a ``DepthFolder`` sample, strictly.

    It adds the same fields as mmseg's ``LoadDepthAnnotation``: ``gt_depth_map`` (H, W), float32, metres, listed in
    ``seg_fields``, so that mmseg's geometric transforms change it with the image (with nearest neighbours), and
    ``depth_rescale_factor``. Unknown depth is 0, which mmseg's loss and metric ignore. Transforms that pad need
    ``seg_pad_val=0``.

    As with all annotations of mmseg, the map belongs to the image as it was read. In training, load it before random
    transforms. In testing, load it after ``Resize``, so that predictions are evaluated at the original size.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Reads ``depth_map_path``.

        Args:
            results: A sample whose image has been loaded.

        Returns:
            The same dict.

        Raises:
            UnusableDepth: If the file is not usable, see :func:`read_depth`, or its size differs from the image's.
            KeyError: If the dataset has no depth, or the image has not been loaded.
        """
        for key, remedy in (('depth_map_path', 'set dataset.depths'), ('ori_shape', 'load the image first')):
            if key not in results:
                raise KeyError(f"mmdecon.LoadDepth: a sample has no '{key}'; {remedy}")
        path, shape = results['depth_map_path'], tuple(results['ori_shape'][:2])
        depth = read_depth(path, results['depth_scale'], results['invalid_depth'])
        if depth.shape != shape:
            raise UnusableDepth(
                f'{path} has {depth.shape[1]}x{depth.shape[0]} pixels, but its image {results["img_path"]} has '
                f'{shape[1]}x{shape[0]}; depth must be registered to the image, pixel by pixel (and LoadDepth must '
                'come before KBCrop)'
            )
        results['gt_depth_map'] = depth
        results['depth_rescale_factor'] = 1 / results['depth_scale']
        results['seg_fields'].append('gt_depth_map')
        return results
