"""Finds the steps of a pipeline that change photos alone."""

from collections.abc import Callable, Iterable

import numpy as np

from ..images.pixels import PHOTO

FOR_PHOTOS = ('mmcv', 'mmpretrain')  # their changes of colours are for bytes, others are wrong or fail


def photo_steps(steps: Iterable[Callable]) -> list[str]:
    """Names the transforms of OpenMMLab, also those inside of wrappers, such as ``RandomApply``.

    Args:
        steps: Transforms.

    Examples:
        >>> from mmcv.transforms import RandomGrayscale
        >>> photo_steps([RandomGrayscale(prob=1.0), len])
        ['RandomGrayscale']
    """
    found = []
    for step in steps:
        inner = getattr(step, 'transforms', None)
        if inner is not None:
            found += photo_steps(inner)
        elif type(step).__module__.partition('.')[0] in FOR_PHOTOS:
            found.append(type(step).__name__)
    return found


def require_photo(image: np.ndarray, steps: list[str], place: str) -> None:
    """Refuses an image that is no photo, if there are steps for photos alone.

    Args:
        image: (h, w, C).
        steps: Names of such steps.
        place: Where they stand, for the message.

    Raises:
        ValueError: If it is not uint8 of three channels.
    """
    if steps and (image.dtype != PHOTO or image.shape[2] != 3):
        raise ValueError(
            f'{place}: {", ".join(steps)} change photos, and this view is {image.dtype} of {image.shape[2]} channels: '
            "take dict(type='mmdecon.PixelPhotometrics', ...), see docs/pixels.md"
        )
