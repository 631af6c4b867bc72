"""Reading image files strictly: a damaged file is an error that names it, never a half-grey picture."""

from typing import Any

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from PIL import Image

from ..registry import TRANSFORMS

JPEG = b'\xff\xd8'


class UnreadableImage(ValueError):
    """An image file is missing, damaged or of an unknown format; the message names it."""


def read_image(path: str) -> np.ndarray:
    """Reads an image of any colour type as BGR.

    Grey images are repeated over the channels, an alpha channel is dropped, 16-bit values keep their high byte, and an
    EXIF orientation is applied. JPEG goes through Pillow, as OpenCV before 4.12 fills what is missing with grey
    instead of failing; the rest through OpenCV, as Pillow clips 16-bit values at 255.

    Args:
        path: A local file.

    Returns:
        (H, W, 3), uint8.

    Raises:
        UnreadableImage: If the file cannot be read whole.
    """
    try:
        with open(path, 'rb') as file:
            content = file.read()
        image = mmcv.imfrombytes(content, backend='pillow' if content.startswith(JPEG) else 'cv2') if content else None
    except Exception as error:  # on damaged bytes the decoders raise nearly anything
        raise UnreadableImage(f'{path} cannot be read: {error}') from error
    if image is None:
        reason = 'it is damaged, or of a format that OpenCV does not know' if content else 'it is empty'
        raise UnreadableImage(f'{path} cannot be read: {reason}')
    return np.ascontiguousarray(image)


def check_header(path: str) -> str | None:
    """Opens an image without decoding it; what Pillow does not know is decoded, for OpenCV may know it.

    Args:
        path: A local file.

    Returns:
        What is wrong with the file, naming it, or None.
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
    does, which however takes truncated JPEGs for whole ones under some versions of OpenCV. See :func:`read_image`.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Reads ``img_path``.

        Args:
            results: A sample with ``img_path``.

        Returns:
            The same dict.

        Raises:
            UnreadableImage: If the file cannot be read whole.
        """
        results['img'] = read_image(results['img_path'])
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        return results
