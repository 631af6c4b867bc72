"""Makes two augmented views of one image that record their geometry.

Shapes: H x W the source image, h x w a view, both in pixels; C channels, S planes of regions. Images are NumPy,
channels last: photos uint8 BGR, others of any of :data:`~mmdecon.images.encoded.DTYPES` with channels as in the file.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from ..images.crops import Box, draw_pair, resize_nearest
from ..images.errors import UnreadableImage, part_of
from ..images.pixels import PHOTO, find_valid, mirrored, native
from ..images.resizing import check_interpolation, resize, resize_valid
from ..regions.base import check_regions
from ..registry import TRANSFORMS
from ..texts import shown
from .photo_steps import photo_steps, require_photo
from .slice_views import cut_pair, nodata_of

Pipeline = Sequence[dict | Callable]
Mask = np.ndarray | None
Cut = tuple[Sequence[Box], list[np.ndarray], Sequence[Mask]]  # boxes, crops, and what is valid in them


@TRANSFORMS.register_module()
class TwoViews(BaseTransform):
    """Makes two views of an image, each with its own crop, flip and colours, and records their geometry (SlotCon).

    Needs ``img`` (H, W, C), or the ``encoded`` file of ``LoadImage(late=True)`` or ``LoadRaster(late=True)``;
    ``regions`` (H, W, S), integer, are optional. Adds ``views``, a list of two dicts with

    * ``img``: (h, w, C), of the image's dtype;
    * ``valid``: which pixels have a value, (h, w), bool; only where some have none: NaN, infinite, or the sample's
      ``nodata`` in any channel. These are left out of the resizing; see docs/pixels.md;
    * ``box``: left, top, right, bottom of the crop in source pixels, float32, as :mod:`mmdecon.views` defines it;
    * ``flipped``: whether the view is flipped horizontally;
    * ``source``: W and H, float32;
    * ``regions``: (h, w, S), cropped, resized (nearest) and flipped like the image; only if the sample has regions.

    Differs from the original:
        SlotCon counts a crop that does not fit into the image as one of its tries, and compares the shared area with
        the intended area before rounding to pixels. Here each try is a complete sample of ``RandomResizedCrop``, and
        the area is that of the crop itself.

    Args:
        size: Height and width of the views in pixels: one number for both, or (h, w).
        scale: Smallest and largest area of a crop, as fractions of the image's area in (0, 1].
        ratio: Smallest and largest width / height of a crop.
        interpolation: Interpolation of the resizing: ``nearest``, ``bilinear``, ``bicubic``, or another of the backend.
        backend: ``torch``, ``pillow`` or ``cv2``, see :func:`~mmdecon.images.resizing.resize`. The first two smooth
            when they shrink an image, as the papers' code does.
        flip_prob: Probability of a horizontal flip, independent for each view, 0..1.
        min_overlap: The second crop is sampled until at least this fraction of it, 0..1, lies in the first; None makes
            the crops independent.
        tries: How often the second crop is sampled; after that, one more sample is taken as it is, and it may be
            disjoint from the first.
        photometric: One pipeline for each view after crop and flip; it may change colours, but not the geometry. It is
            given ``img`` and ``img_shape``, and ``value_range``, ``nodata`` and ``valid`` where there are any.
            Transforms of mmcv and mmpretrain are for photos alone.
        min_valid: Smallest fraction of each crop's pixels, 0..1, that must have a value: of images with NaN or nodata,
            the pair is sampled again, ``tries`` times at most.
        empty: What to do if each try fails: ``refuse`` with an error that names the file, which
            ``ImageFolder(unreadable='skip')`` takes as a reason to go on to the next one; or ``keep`` the last pair,
            with what is valid in it.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        size: int | Sequence[int] = 224,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: str = 'bicubic',
        backend: str = 'torch',
        flip_prob: float = 0.5,
        min_overlap: float | None = 0.01,
        tries: int = 10,
        photometric: Sequence[Pipeline] = ((), ()),
        min_valid: float = 0.25,
        empty: str = 'refuse',
    ) -> None:
        self.size = cast(tuple[int, int], (size, size) if isinstance(size, int) else tuple(size))
        self.scale, self.ratio = tuple(scale), tuple(ratio)
        self.interpolation, self.backend = interpolation, backend
        self.flip_prob, self.min_overlap, self.tries = flip_prob, min_overlap, tries
        self.min_valid, self.empty = min_valid, empty
        self._check()
        if len(photometric) != 2:
            raise ValueError(
                f'TwoViews.photometric holds {len(photometric)} pipelines; give a list of two, one for each view'
            )
        self.photometric = [Compose(pipeline) for pipeline in photometric]
        self._for_photos = [photo_steps(pipeline.transforms) for pipeline in self.photometric]

    def _check(self) -> None:
        """Checks the ranges of the arguments."""
        if len(self.size) != 2 or min(self.size) < 1:
            raise ValueError(f'TwoViews.size={self.size}: give one size in pixels, or (height, width), at least 1')
        if not (len(self.scale) == 2 and 0 < self.scale[0] <= self.scale[1] <= 1):
            raise ValueError(
                f'TwoViews.scale={self.scale}: a crop cannot be larger than its image; give the smallest and the '
                "largest fraction of the image's area, 0 < smallest <= largest <= 1"
            )
        if not (len(self.ratio) == 2 and 0 < self.ratio[0] <= self.ratio[1]):
            raise ValueError(f'TwoViews.ratio={self.ratio}: give the smallest and the largest width / height, above 0')
        check_interpolation(self.interpolation, self.backend, 'TwoViews')
        if not 0 <= self.flip_prob <= 1:
            raise ValueError(f'TwoViews.flip_prob={self.flip_prob}: give a probability, 0 to 1')
        if self.min_overlap is not None and not 0 <= self.min_overlap <= 1:
            raise ValueError(
                f'TwoViews.min_overlap={self.min_overlap}: give a fraction of the second crop, 0 to 1, or None'
            )
        if self.tries < 1:
            raise ValueError(f'TwoViews.tries={self.tries}: give at least 1, or min_overlap=None for independent crops')
        if not 0 <= self.min_valid <= 1:
            raise ValueError(f"TwoViews.min_valid={self.min_valid}: give a fraction of a crop's pixels, 0 to 1")
        if self.empty not in ('refuse', 'keep'):
            raise ValueError(f"TwoViews.empty={self.empty!r}: give 'refuse' or 'keep'")

    @property
    def refuses_empty(self) -> bool:
        """Whether an image without any pixel that has a value is an error."""
        return self.empty == 'refuse' and self.min_valid > 0

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Adds ``views`` to a sample.

        Args:
            results: A sample with ``img`` or ``encoded``, and perhaps ``regions``.

        Returns:
            The same dict.

        Raises:
            UnreadableImage: If the ``encoded`` file cannot be decoded, or no pair has enough pixels with a value.
            ValueError: If ``regions`` do not fit the image, a photometric pipeline changes the view's shape, or
                the image has a dtype that views cannot have.
        """
        source = results['img'] if 'img' in results else results['encoded']
        height, width = source.shape[:2]
        if 'regions' in results:
            check_regions(results['regions'], source, results.get('img_path', 'a sample'))
        boxes, crops, valid = self._cut(results, width, height)
        flips = np.random.rand(2) < self.flip_prob
        told = [dict(value_range=results.get('value_range'), nodata=nodata) for nodata in nodata_of(results)]
        known = [{key: value for key, value in each.items() if value is not None} for each in told]
        results['views'] = [self._view(*how) for how in zip(crops, valid, boxes, flips.tolist(), range(2), known)]
        for view, box in zip(results['views'], boxes):
            view['source'] = np.array((width, height), np.float32)
            if 'regions' in results:
                view['regions'] = resize_nearest(results['regions'], box, self.size, view['flipped'])
        return results

    def _cut(self, results: dict[str, Any], width: int, height: int) -> Cut:
        """Samples two boxes and cuts them; again, where too few of the pixels have a value."""
        nodata, name = nodata_of(results), results.get('img_path', 'a sample')
        for _ in range(self.tries):
            boxes: Sequence[Box] = draw_pair(width, height, self.scale, self.ratio, self.min_overlap, self.tries)
            boxes, crops = cut_pair(results, boxes, self.size)
            if crops[0].dtype == PHOTO and nodata == (None, None):
                return boxes, crops, (None, None)
            crops = [native(crop, name) for crop in crops]
            valid = [find_valid(*each) for each in zip(crops, nodata)]
            if all(one is None or one.mean() >= self.min_valid for one in valid):
                return boxes, crops, valid
        if self.empty == 'keep':
            return boxes, crops, valid
        raise UnreadableImage(
            f'{shown(name)}{part_of(results)}: in none of {self.tries} pairs of crops at least {self.min_valid:.0%} of '
            'the pixels have a value (others are NaN or nodata): leave it out, set TwoViews.min_valid lower or '
            "TwoViews.tries higher, or go on with such crops by TwoViews.empty='keep'"
        )

    def _view(
        self, crop: np.ndarray, valid: Mask, box: Box, flipped: bool, number: int, known: dict[str, Any]
    ) -> dict[str, Any]:
        """Makes one view of a crop and runs its photometric pipeline."""
        if valid is None:
            image = resize(crop, self.size, self.interpolation, self.backend)
        else:
            image, valid = resize_valid(crop, valid, self.size, self.interpolation, self.backend)
        if flipped:
            image = cv2.flip(image, 1) if image.dtype == PHOTO and image.shape[2] == 3 else mirrored(image)
        require_photo(image, self._for_photos[number], f'TwoViews.photometric[{number}]')
        mask = {} if valid is None else dict(valid=mirrored(valid) if flipped else valid)
        changed = self.photometric[number](dict(img=image, img_shape=self.size, **known, **mask))['img']
        if changed.shape != image.shape:
            raise ValueError(
                f'TwoViews.photometric[{number}] changed the shape {image.shape} to {changed.shape}; use no transform '
                'that changes size or channels (RandomGrayscale needs keep_channels=True)'
            )
        return dict(img=changed, box=np.array(box, np.float32), flipped=flipped, **mask)
