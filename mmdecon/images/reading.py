"""Reading image files strictly: a damaged file is an error that names it, never a half-grey picture."""

from typing import Any

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from PIL import Image

from ..registry import TRANSFORMS
from .jpeg import MARK, EncodedImage, UnreadableImage


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
    image = open_image(path)
    return image.decode() if isinstance(image, EncodedImage) else image


def open_image(path: str) -> np.ndarray | EncodedImage:
    """Reads the header of a JPEG, and any other image wholly, as :func:`read_image` does.

    Args:
        path: A local file.

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

    Args:
        late: Leave JPEGs to ``TwoViews``, which then decodes them at 1/2, 1/4 or 1/8 of their resolution where both
            crops still have a pixel for each of the view's: much faster for photos of several megapixels, never for
            those of less than about 450 x 450. Such a sample has ``encoded`` instead of ``img``. Boxes stay in pixels
            of the whole image, but their edges are multiples of 2, 4 or 8 then; the decoder's low-pass stands for a
            part of the resizing. Regions come from a store then: a generator needs the whole image, and gets it.
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
            UnreadableImage: If the file cannot be read; whole, unless ``late``.
        """
        image = open_image(results['img_path'])
        results['img_shape'] = results['ori_shape'] = image.shape[:2]
        if isinstance(image, EncodedImage) and self.late:
            results['encoded'] = image
        else:
            results['img'] = image.decode() if isinstance(image, EncodedImage) else image
        return results
