"""Resizes crops with one of three backends that share the same filters.

Shapes: H x W the crop, h x w the view, both in pixels; C channels.
"""

import cv2
import mmcv
import numpy as np
import torch
from mmcv.image.geometric import cv2_interp_codes, pillow_interp_codes
from torch.nn.functional import interpolate

from .pixels import PHOTO, as_dtype, computing

TORCH_MODES = dict(nearest='nearest-exact', bilinear='bilinear', bicubic='bicubic')
INTERPOLATIONS = dict(torch=TORCH_MODES, pillow=pillow_interp_codes, cv2=cv2_interp_codes)
SUPPORT = 0.5  # of a pixel's filter that must lie on valid pixels, for it to be valid


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
        image: (H, W, C), of one of :data:`~mmdecon.images.encoded.DTYPES`, in any memory layout. uint8 of three
            channels is resized in uint8, anything else in floats, and rounded.
        size: (h, w).
        interpolation: An interpolation of the backend.
        backend: ``pillow`` smooths when it shrinks an image, as torchvision and the papers' code do. ``torch`` has the
            same filters and is several times as fast; its values differ by at most 2 of 255. ``cv2`` does not smooth,
            unless the interpolation is ``area``.

    Returns:
        (h, w, C), of the same dtype, contiguous.

    Raises:
        ValueError: If the backend is Pillow, and the image is no uint8 of one or three channels.
    """
    if image.dtype != PHOTO or image.shape[2] != 3:
        return _resize_any(image, size, interpolation, backend)
    if backend != 'torch':
        return mmcv.imresize(image, size[::-1], interpolation=interpolation, backend=backend)
    return cv2.merge(list(_interpolate(image, size, interpolation)))


def resize_valid(
    image: np.ndarray, valid: np.ndarray, size: tuple[int, int], interpolation: str, backend: str
) -> tuple[np.ndarray, np.ndarray]:
    """Resizes an image of which some pixels have no value, by normalised convolution: only valid ones are averaged.

    A pixel of the result is valid where at least half of the weights that it is made with are those of valid pixels.

    Args:
        image: (H, W, C); what stands in invalid pixels does not matter.
        valid: (H, W), bool.
        size: See :func:`resize`.
        interpolation: See :func:`resize`.
        backend: See :func:`resize`.

    Returns:
        (h, w, C), of the same dtype, and what is valid, (h, w), bool. Invalid pixels have the mean of the valid ones,
        or 0 where there are none.

    Raises:
        ValueError: If the backend is Pillow.
    """
    if backend == 'pillow':
        raise ValueError(
            "TwoViews.backend='pillow' cannot resize images with pixels that have no value (NaN or nodata): take "
            "backend='torch', which has the same filters"
        )
    values = np.where(valid[..., None], image, 0).astype(computing(image.dtype))
    shares = resize(valid.astype(values.dtype)[..., None], size, interpolation, backend)
    kept = shares[..., 0] >= SUPPORT
    sums = resize(values, size, interpolation, backend)
    resized = np.zeros_like(sums)
    resized[kept] = sums[kept] / shares[kept]
    if kept.any():
        resized[~kept] = resized[kept].mean(axis=0)
    return as_dtype(resized, image.dtype), kept


def _resize_any(image: np.ndarray, size: tuple[int, int], interpolation: str, backend: str) -> np.ndarray:
    """Resizes what is no photo, in floats."""
    if backend == 'pillow':
        return _resize_pillow(image, size, interpolation)
    values = image.astype(computing(image.dtype), copy=False)
    if backend == 'torch':
        planes = _interpolate(values, size, interpolation)
    else:  # OpenCV resizes at most four channels at once
        code = cv2_interp_codes[interpolation]
        planes = np.stack([cv2.resize(plane, size[::-1], interpolation=code) for plane in np.moveaxis(values, 2, 0)])
    return as_dtype(np.ascontiguousarray(planes.transpose(1, 2, 0)), image.dtype)


def _interpolate(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """Resizes with torch; (C, h, w)."""
    channels_last = torch.from_numpy(image).permute(2, 0, 1)[None]
    smooth = {} if interpolation == 'nearest' else dict(antialias=True)
    return interpolate(channels_last, size, mode=TORCH_MODES[interpolation], **smooth)[0].numpy()


def _resize_pillow(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """Resizes grey bytes; Pillow knows nothing else that is no photo, and weighs the first three channels of four."""
    if image.dtype != PHOTO or image.shape[2] != 1:
        raise ValueError(
            f"TwoViews.backend='pillow' resizes uint8 of 1 or 3 channels, and this image is {image.dtype} of "
            f"{image.shape[2]}: take backend='torch', which has the same filters"
        )
    grey: np.ndarray = mmcv.imresize(image[..., 0], size[::-1], interpolation=interpolation, backend='pillow')
    return grey[..., None]
