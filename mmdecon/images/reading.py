"""Reads image files strictly: a damaged file is an error that names it, never a partly grey image."""

from typing import Any

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from PIL import Image

from ..registry import TRANSFORMS
from .jpeg import MARK, EncodedImage, UnreadableImage


def read_image(path: str) -> np.ndarray:
    """Reads an image of any colour type as BGR.

    Grey values are repeated over the channels, an alpha channel is dropped, 16-bit values keep their high byte, and an
    EXIF orientation is applied. Pillow reads JPEG, because OpenCV before 4.12 fills missing parts with grey instead of
    failing. OpenCV reads the other formats, because Pillow clips 16-bit values at 255.

    Args:
        path: A local file.

    Returns:
        (H, W, 3), uint8.

    Raises:
        UnreadableImage: If the file cannot be read completely.
    """
    image = open_image(path)
    return image.decode() if isinstance(image, EncodedImage) else image


def open_image(path: str) -> np.ndarray | EncodedImage:
    """Reads only the header of a JPEG, and all of any other image, as :func:`read_image` does.

    Args:
        path: A local file.

    Returns:
        The undecoded JPEG, or the image (H, W, 3), uint8, BGR.

    Raises:
        UnreadableImage: If the file cannot be read.
    """
    try:
        with open(path, 'rb') as file:
            content = file.read()
        if content.startswith(MARK):
            return EncodedImage(content, path)
        image = mmcv.imfrombytes(content, backend='cv2') if content else None
    except UnreadableImage:
        raise
    except Exception as error:  # on damaged bytes the decoders raise nearly anything
        raise UnreadableImage(f'{path} cannot be read: {error}') from error
    if image is None:
        reason = 'it is damaged, or of a format that OpenCV does not know' if content else 'it is empty'
        raise UnreadableImage(f'{path} cannot be read: {reason}')
    return np.ascontiguousarray(image)


def check_header(path: str) -> str | None:
    """Checks an image without decoding it. A format that Pillow does not know is decoded, as OpenCV may know it.

    Args:
        path: A local file.

    Returns:
        An error message that names the file, or None if the file is fine.
    """
    try:
        Image.open(path).close()
    except Exception:  # as in read_image
        try:
            read_image(path)
        except UnreadableImage as error:
            return str(error)
    return None


@TRANSFORMS.register_module()
class LoadImage(BaseTransform):
    """Reads the image of a sample, strictly.

    It adds ``img`` (H, W, 3), uint8, BGR, ``img_shape`` and ``ori_shape`` (H, W), as mmcv's ``LoadImageFromFile``
    does. With some versions of OpenCV, mmcv's transform accepts truncated JPEGs; this one does not. See
    :func:`read_image`.

    Args:
        late: Let ``TwoViews`` decode JPEGs. It decodes at 1/2, 1/4 or 1/8 of the resolution where both crops still
            have as many pixels as the view. This is much faster for photos of several megapixels, and no faster for
            photos below about 450 x 450. Such a sample has ``encoded`` instead of ``img``. Boxes stay in pixels of
            the full image, but their edges become multiples of 2, 4 or 8; the decoder's low-pass does a part of the
            resizing. Use a region store with it: a region generator needs the full image, which is then decoded.
    """

    def __init__(self, late: bool = False) -> None:
        self.late = late

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Reads ``img_path``.

        Args:
            results: A sample with ``img_path``.

        Returns:
            The same dict.

        Raises:
            UnreadableImage: If the file cannot be read; with ``late``, only the header of a JPEG is checked.
        """
        image = open_image(results['img_path'])
        results['img_shape'] = results['ori_shape'] = image.shape[:2]
        if isinstance(image, EncodedImage) and self.late:
            results['encoded'] = image
        else:
            results['img'] = image.decode() if isinstance(image, EncodedImage) else image
        return results
