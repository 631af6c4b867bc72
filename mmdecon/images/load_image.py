"""The transform that reads photos."""

from collections.abc import Mapping
from typing import Any

from mmcv.transforms import BaseTransform

from ..registry import TRANSFORMS
from .jpeg import EncodedImage
from .reading import open_image
from .storage import Storage


@TRANSFORMS.register_module()
class LoadImage(BaseTransform):
    """Reads the image of a sample, strictly.

    It adds ``img`` (H, W, 3), uint8, BGR, ``img_shape`` and ``ori_shape`` (H, W), as mmcv's ``LoadImageFromFile``
    does. With some versions of OpenCV, mmcv's transform accepts truncated JPEGs; this one does not. See
    :func:`~mmdecon.images.reading.read_image`.

    Args:
        late: Let ``TwoViews`` decode JPEGs. It decodes at 1/2, 1/4 or 1/8 of the resolution where both crops still
            have as many pixels as the view. This is much faster for photos of several megapixels, and no faster for
            photos below about 450 x 450. Such a sample has ``encoded`` instead of ``img``. Boxes stay in pixels of
            the full image, but their edges become multiples of 2, 4 or 8; the decoder's low-pass does a part of the
            resizing. Use a region store with it: a region generator needs the full image, which is then decoded.
        backend_args: Where files are, in pipelines of other datasets than ``ImageFolder``, which has this option
            itself: a back end of mmengine and its arguments. None: on a local disk.
    """

    def __init__(self, late: bool = False, backend_args: Mapping[str, Any] | None = None) -> None:
        self.late, self.storage = late, None if backend_args is None else Storage(backend_args)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Reads ``img_path``, or ``content``, the bytes of the file, of samples that come with them.

        Args:
            results: A sample with ``img_path``.

        Returns:
            The same dict.

        Raises:
            UnreadableImage: If the file cannot be read; with ``late``, only the header of a JPEG is checked.
        """
        content = results.pop('content', None)
        if content is None and self.storage is not None:
            content = self.storage.get(results['img_path'])
        image = open_image(results['img_path'], content)
        results['img_shape'] = results['ori_shape'] = image.shape[:2]
        if isinstance(image, EncodedImage) and self.late:
            results['encoded'] = image
        else:
            results['img'] = image.decode() if isinstance(image, EncodedImage) else image
        return results
