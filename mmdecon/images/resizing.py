"""Resizes crops with one of three backends that share the same filters.

Shapes: H x W the crop, h x w the view, both in pixels.
"""

import cv2
import mmcv
import numpy as np
import torch
from mmcv.image.geometric import cv2_interp_codes, pillow_interp_codes
from torch.nn.functional import interpolate

TORCH_MODES = dict(nearest='nearest-exact', bilinear='bilinear', bicubic='bicubic')
INTERPOLATIONS = dict(torch=TORCH_MODES, pillow=pillow_interp_codes, cv2=cv2_interp_codes)


def check_interpolation(interpolation: str, backend: str, place: str) -> None:
    """Checks the arguments of :func:`resize`.

    Args:
        interpolation: See :func:`resize`.
        backend: See :func:`resize`.
        place: The class that has these arguments, for the error message.

    Raises:
        ValueError: If there is no such backend, or it has no such interpolation.
    """
    if backend not in INTERPOLATIONS:
        raise ValueError(f'{place}.backend={backend!r}: give one of {", ".join(INTERPOLATIONS)}')
    if interpolation not in INTERPOLATIONS[backend]:
        raise ValueError(
            f'{place}.interpolation={interpolation!r}: the backend {backend!r} has {", ".join(INTERPOLATIONS[backend])}'
        )


def resize(image: np.ndarray, size: tuple[int, int], interpolation: str, backend: str) -> np.ndarray:
    """Resizes an image.

    Args:
        image: (H, W, 3), uint8, in any memory layout.
        size: (h, w).
        interpolation: An interpolation of the backend.
        backend: ``pillow`` smooths when it shrinks an image, as torchvision and the papers' code do. ``torch`` has the
            same filters and is several times as fast; its values differ by at most 2 of 255. ``cv2`` does not smooth,
            unless the interpolation is ``area``.

    Returns:
        (h, w, 3), uint8, contiguous.
    """
    if backend != 'torch':
        return mmcv.imresize(image, size[::-1], interpolation=interpolation, backend=backend)
    channels_last = torch.from_numpy(image).permute(2, 0, 1)[None]
    smooth = {} if interpolation == 'nearest' else dict(antialias=True)
    planes = interpolate(channels_last, size, mode=TORCH_MODES[interpolation], **smooth)[0]
    return cv2.merge(list(planes.numpy()))
