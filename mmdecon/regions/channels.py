"""Makes of any image the three bytes a pixel that regions are found in.

Shapes: H x W the image in pixels, C channels, N valid pixels.
"""

from collections.abc import Sequence

import numpy as np

from ..images.pixels import PHOTO, find_valid
from .base import NO_REGION, check_image

Channels = Sequence[int] | str | None
PRINCIPAL = 'pca'
PERCENTILES = (1, 99)  # of the valid pixels, become 0 and 255


def check_channels(channels: Channels, method: str) -> Channels:
    """Checks the option of a generator.

    Args:
        channels: Three numbers of channels, ``'pca'``, or None.
        method: The generator, for the message.

    Returns:
        The same, numbers as a list.

    Raises:
        ValueError: If it is something else.
    """
    if channels is None or channels == PRINCIPAL:
        return channels
    if isinstance(channels, str) or len(channels) != 3 or not all(type(one) is int and one >= 0 for one in channels):
        raise ValueError(f"{method}: channels is {channels!r}: give three numbers of channels, from 0, or 'pca'")
    return list(channels)


def as_photo(image: np.ndarray, channels: Channels, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Makes an image of three bytes a pixel.

    Args:
        image: (H, W, C); NaN marks pixels without a value.
        channels: Three channels, each scaled by itself; ``'pca'``: the first three principal components of the valid
            pixels, scaled alike, so that distances stay as they are but for what the others have of them. None: a photo
            as it is, or one channel, repeated; bytes are not scaled then.
        name: The image's name, for messages.

    Returns:
        (H, W, 3), uint8, and what is valid, (H, W), bool; None for all. Scaling takes two percentiles of the valid
        pixels to 0 and 255.

    Raises:
        ValueError: If the image has not these channels, or needs the option.
    """
    if image.ndim != 3 or not image.size:
        check_image(image, name)  # which refuses it
    if channels is None and image.shape[2] != 1:
        if image.dtype != PHOTO or image.shape[2] != 3:
            raise ValueError(
                f'{name} is {image.dtype} of shape {image.shape}, but regions are made from uint8 of shape (height, '
                'width, 3), BGR: load photos with mmdecon.LoadImage, and say for other images, and for those with '
                "pixels without a value, which channels to take, by the generator's channels=[...] or channels='pca'"
            )
        return image, None
    valid = find_valid(image)
    if valid is not None and not valid.any():
        return np.zeros((*image.shape[:2], 3), PHOTO), valid
    if image.shape[2] == 1:
        grey = image if image.dtype == PHOTO else _scaled(image, valid, together=False)
        return np.repeat(grey, 3, axis=2), valid
    if channels == PRINCIPAL:
        return _scaled(_principal(image, valid), valid, together=True), valid
    assert channels is not None and not isinstance(channels, str)
    if max(channels) >= image.shape[2]:
        raise ValueError(f'{name} has {image.shape[2]} channels, from 0, and regions are wanted of channels={channels}')
    return _scaled(image[..., list(channels)], valid, together=False), valid


def leave_out(regions: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    """A region map (H, W, S) without region where pixels have no value."""
    return regions if valid is None else np.where(valid[..., None], regions, np.int32(NO_REGION))


def _chosen(image: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    """The valid pixels, (N, C), float64."""
    pixels = image.reshape(-1, image.shape[2]) if valid is None else image[valid]
    return pixels.astype(np.float64)


def _principal(image: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    """The first three principal components, (H, W, 3), float64; those that are not there are 0."""
    pixels = _chosen(image, valid)
    mean = pixels.mean(axis=0)
    _, vectors = np.linalg.eigh((pixels - mean).T @ (pixels - mean))
    axes = vectors[:, ::-1][:, :3]
    axes = axes * np.where(axes[abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1, 1)  # one sign everywhere
    parts = (image - mean) @ axes
    return np.pad(parts, ((0, 0), (0, 0), (0, 3 - parts.shape[2])))


def _scaled(image: np.ndarray, valid: np.ndarray | None, together: bool) -> np.ndarray:
    """Bytes; channels are stretched each by itself, or all like the one with the widest range."""
    low, high = np.percentile(_chosen(image, valid), PERCENTILES, axis=0)
    extent = np.full_like(low, (high - low).max()) if together else high - low
    middle = (low + high) / 2
    unit = (np.nan_to_num(image.astype(np.float64)) - middle) / np.where(extent > 0, extent, 1) + 0.5
    scaled: np.ndarray = np.rint(255 * unit.clip(0, 1)).astype(np.uint8)
    return scaled
