"""Makes two augmented views of one image that record their geometry, and packs them for a batch.

Shapes: H x W the source image, h x w a view, both in pixels; S planes of regions. Images are in mmcv's format: NumPy,
uint8, channels last, BGR.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from ..images.crops import Box, draw_pair, resize_nearest
from ..images.resizing import check_interpolation, resize
from ..regions.base import check_regions
from ..registry import TRANSFORMS
from .slice_views import cut_pair

Pipeline = Sequence[dict | Callable]


@TRANSFORMS.register_module()
class TwoViews(BaseTransform):
    """Makes two views of an image, each with its own crop, flip and colours, and records their geometry (SlotCon).

    Needs ``img`` (H, W, 3), or the ``encoded`` file of ``LoadImage(late=True)``; ``regions`` (H, W, S), integer, are
    optional. Adds ``views``, a list of two dicts with

    * ``img``: (h, w, 3), uint8;
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
        photometric: One pipeline for each view after crop and flip; it may change colours, but not the geometry.

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
    ) -> None:
        self.size = cast(tuple[int, int], (size, size) if isinstance(size, int) else tuple(size))
        self.scale, self.ratio = tuple(scale), tuple(ratio)
        self.interpolation, self.backend = interpolation, backend
        self.flip_prob, self.min_overlap, self.tries = flip_prob, min_overlap, tries
        self._check()
        if len(photometric) != 2:
            raise ValueError(
                f'TwoViews.photometric holds {len(photometric)} pipelines; give a list of two, one for each view'
            )
        self.photometric = [Compose(pipeline) for pipeline in photometric]

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

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Adds ``views`` to a sample.

        Args:
            results: A sample with ``img`` or ``encoded``, and perhaps ``regions``.

        Returns:
            The same dict.

        Raises:
            UnreadableImage: If the ``encoded`` file cannot be decoded.
            ValueError: If ``regions`` do not fit the image, or a photometric pipeline changes the view's shape.
        """
        source = results['img'] if 'img' in results else results['encoded']
        height, width = source.shape[:2]
        if 'regions' in results:
            check_regions(results['regions'], source, results.get('img_path', 'a sample'))
        boxes: Sequence[Box] = draw_pair(width, height, self.scale, self.ratio, self.min_overlap, self.tries)
        flips = np.random.rand(2) < self.flip_prob
        boxes, crops = cut_pair(results, boxes, self.size)
        results['views'] = [self._view(*how) for how in zip(crops, boxes, flips.tolist(), range(2))]
        for view, box in zip(results['views'], boxes):
            view['source'] = np.array((width, height), np.float32)
            if 'regions' in results:
                view['regions'] = resize_nearest(results['regions'], box, self.size, view['flipped'])
        return results

    def _view(self, crop: np.ndarray, box: Box, flipped: bool, number: int) -> dict[str, Any]:
        """Makes one view of a crop and runs its photometric pipeline."""
        image = resize(crop, self.size, self.interpolation, self.backend)
        if flipped:
            image = cv2.flip(image, 1)
        changed = self.photometric[number](dict(img=image, img_shape=self.size))['img']
        if changed.shape != image.shape:
            raise ValueError(
                f'TwoViews.photometric[{number}] changed the shape {image.shape} to {changed.shape}; use no transform '
                'that changes size or channels (RandomGrayscale needs keep_channels=True)'
            )
        return dict(img=changed, box=np.array(box, np.float32), flipped=flipped)


@TRANSFORMS.register_module()
class PackViews(BaseTransform):
    """Turns the views of :class:`TwoViews` into tensors that mmengine's ``default_collate`` can batch.

    The sample becomes ``dict(views=[view, view])``, each view with ``image`` (3, h, w) uint8, ``box`` (4,) float32,
    ``flipped`` () bool, ``source`` (2,) float32, and optionally ``regions`` (S, h, w) int32. The next step is
    :class:`~mmdecon.models.data_preprocessor.ViewPreprocessor`.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, list[dict[str, torch.Tensor]]]:
        """Packs a sample.

        Args:
            results: A sample with ``views``.

        Returns:
            Only the views.
        """
        return dict(views=[_pack(view) for view in results['views']])


def _pack(view: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Turns one view into tensors."""
    packed = dict(
        image=torch.from_numpy(np.ascontiguousarray(view['img'].transpose(2, 0, 1))),
        box=torch.from_numpy(view['box']),
        flipped=torch.tensor(view['flipped']),
        source=torch.from_numpy(view['source']),
    )
    if 'regions' in view:
        packed['regions'] = torch.from_numpy(view['regions'].transpose(2, 0, 1).astype(np.int32))
    return packed
