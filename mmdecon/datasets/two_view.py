"""Two augmented views of one image that remember how they were cut, and their way into a batch.

Letters: H x W the source image, h x w a view, both in pixels; S planes of regions. Images are mmcv's: NumPy, uint8,
channels last, BGR.
"""

from collections.abc import Callable, Sequence
from typing import Any

import mmcv
import numpy as np
import torch
from mmcv.image.geometric import cv2_interp_codes, pillow_interp_codes
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose

from ..regions.base import check_regions
from ..registry import TRANSFORMS
from .crops import Box, draw_pair, resize_nearest

Pipeline = Sequence[dict | Callable]


@TRANSFORMS.register_module()
class TwoViews(BaseTransform):
    """Cuts two crops from an image, mirrors and recolours each by itself, and records how (SlotCon).

    Needs ``img`` (H, W, 3) and takes ``regions`` (H, W, S), integer, where there are any. Adds ``views``, a list of two
    dicts with

    * ``img``: (h, w, 3), uint8;
    * ``box``: left, top, right, bottom of the crop in source pixels, float32, as :mod:`mmdecon.views` defines it;
    * ``flipped``: whether the view is mirrored left to right;
    * ``source``: W and H, float32;
    * ``regions``: (h, w, S), cut, resized (nearest) and mirrored as the image is; only where the sample has regions.

    Differs from the original:
        SlotCon counts a draw that does not fit into the image as one of its tries, and compares the shared area with
        the area that it aimed at, before rounding to pixels. Here each try is a whole draw of ``RandomResizedCrop``,
        and the area is the crop's own.

    Args:
        size: Side of the views in pixels, or (h, w).
        scale: Smallest and largest share of the image's area that a crop takes, in (0, 1].
        ratio: Smallest and largest width / height of a crop.
        interpolation: How crops are resized: ``nearest``, ``bilinear``, ``bicubic``, ``lanczos`` or another of the
            backend's.
        backend: ``pillow``, which smooths while shrinking, as the papers' code does, or ``cv2``, which is faster and
            does not.
        flip_prob: How probably a view is mirrored, each by itself, 0..1.
        min_overlap: The second crop is drawn until this share of it, 0..1, lies in the first; None draws it
            independently.
        tries: How often it is drawn before one is taken without condition, which may share nothing with the first.
        photometric: Pipeline of each view after crop and flip; it changes colours and never the geometry.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        size: int | Sequence[int] = 224,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: str = 'bicubic',
        backend: str = 'pillow',
        flip_prob: float = 0.5,
        min_overlap: float | None = 0.01,
        tries: int = 10,
        photometric: Sequence[Pipeline] = ((), ()),
    ) -> None:
        self.size = (size, size) if isinstance(size, int) else tuple(size)
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
        """Refuses what no image could satisfy."""
        if len(self.size) != 2 or min(self.size) < 1:
            raise ValueError(f'TwoViews.size={self.size}: give the side in pixels, or (height, width), at least 1')
        if not (len(self.scale) == 2 and 0 < self.scale[0] <= self.scale[1] <= 1):
            raise ValueError(
                f'TwoViews.scale={self.scale}: a crop cannot be larger than its image; give the smallest and the '
                "largest share of the image's area, 0 < smallest <= largest <= 1"
            )
        if not (len(self.ratio) == 2 and 0 < self.ratio[0] <= self.ratio[1]):
            raise ValueError(f'TwoViews.ratio={self.ratio}: give the smallest and the largest width / height, above 0')
        codes = dict(pillow=pillow_interp_codes, cv2=cv2_interp_codes)
        if self.backend not in codes:
            raise ValueError(f'TwoViews.backend={self.backend!r}: give one of {", ".join(codes)}')
        if self.interpolation not in codes[self.backend]:
            raise ValueError(
                f'TwoViews.interpolation={self.interpolation!r}: the backend {self.backend!r} knows '
                f'{", ".join(codes[self.backend])}'
            )
        if not 0 <= self.flip_prob <= 1:
            raise ValueError(f'TwoViews.flip_prob={self.flip_prob}: give a probability, 0 to 1')
        if self.min_overlap is not None and not 0 <= self.min_overlap <= 1:
            raise ValueError(
                f'TwoViews.min_overlap={self.min_overlap}: give a share of the second crop, 0 to 1, or None'
            )
        if self.tries < 1:
            raise ValueError(f'TwoViews.tries={self.tries}: give at least 1, or min_overlap=None for independent crops')

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Adds ``views`` to a sample.

        Args:
            results: A sample with ``img`` and perhaps ``regions``.

        Returns:
            The same dict.

        Raises:
            ValueError: If ``regions`` are no regions of ``img``, or a photometric pipeline changes the view's shape.
        """
        height, width = results['img'].shape[:2]
        if 'regions' in results:
            check_regions(results['regions'], results['img'], results.get('img_path', 'a sample'))
        boxes = draw_pair(width, height, self.scale, self.ratio, self.min_overlap, self.tries)
        flips = np.random.rand(2) < self.flip_prob
        results['views'] = [self._view(results, *how) for how in zip(boxes, flips, range(2))]
        return results

    def _view(self, results: dict[str, Any], box: Box, flipped: bool, number: int) -> dict[str, Any]:
        """Cuts one view and sends it through its photometric pipeline."""
        left, top, right, bottom = box
        image = mmcv.imresize(
            results['img'][top:bottom, left:right],
            self.size[::-1],
            interpolation=self.interpolation,
            backend=self.backend,
        )
        view = dict(img=_flip(image, flipped), box=np.array(box, np.float32), flipped=bool(flipped))
        view['source'] = np.array(results['img'].shape[1::-1], np.float32)
        if 'regions' in results:
            view['regions'] = _flip(resize_nearest(results['regions'], box, self.size), flipped)
        view['img'] = self.photometric[number](dict(img=view['img'], img_shape=self.size))['img']
        if view['img'].shape != image.shape:
            raise ValueError(
                f'TwoViews.photometric[{number}] made {view["img"].shape} of an image of {image.shape}; keep what '
                'changes size or channels out of it (RandomGrayscale needs keep_channels=True)'
            )
        return view


def _flip(array: np.ndarray, flipped: bool) -> np.ndarray:
    """Mirrors left to right, or not; contiguous either way, as Pillow and torch want it."""
    return np.ascontiguousarray(array[:, ::-1] if flipped else array)


@TRANSFORMS.register_module()
class PackViews(BaseTransform):
    """Turns the views of :class:`TwoViews` into tensors that mmengine's ``default_collate`` makes a batch of.

    The sample becomes ``dict(views=[view, view])``, each view with ``image`` (3, h, w) uint8, ``box`` (4,) float32,
    ``flipped`` () bool, ``source`` (2,) float32, and, if it has them, ``regions`` (S, h, w) int32.
    :class:`~mmdecon.models.data_preprocessor.ViewPreprocessor` takes it on.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, list[dict[str, torch.Tensor]]]:
        """Packs a sample.

        Args:
            results: A sample with ``views``.

        Returns:
            The views alone.
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
