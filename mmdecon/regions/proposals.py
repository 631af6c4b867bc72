"""Regions that another program proposed: overlapping masks with scores, as of MCG or of Segment Anything.

Shapes: H x W an image in pixels, S planes.
"""

import math
import os
from typing import Any

import numpy as np

from ..registry import REGIONS
from .annotations import Names, digest, load_json
from .base import NO_REGION, check_image
from .masks import decode_mask

SCORES = ('score', 'predicted_iou')


@REGIONS.register_module()
class Proposals:
    """The best of each image's proposals, a plane each, the best first; needs pycocotools.

    Two formats are read, both with COCO's run-length codes or polygons:

    * a folder with a file for each image, as Segment Anything's data set and tools have it: that of ``a/b.jpg`` is
      ``PATH/a/b.json``, ``{"annotations": [{"segmentation": {"size": [H, W], "counts": "..."}, "predicted_iou": 0.9},
      ...]}``, or the list alone;
    * one file for all, COCO's format of results: ``[{"image_id": 7, "segmentation": {...}, "score": 0.9}, ...]``, with
      ``images``, any COCO file that says which image has which id.

    DetCon took MCG's 16 best. MCG's own files come from Matlab: encode their masks by ``pycocotools.mask.encode``.

    Args:
        path: The folder, or the file.
        num: How many to take at most; an image that has fewer has fewer planes, and one plane if it has none.
        images: The COCO file, for one file for all.
        score: The key to choose by, the higher the better; None is ``score`` or else ``predicted_iou``. Of equal ones
            the first counts more.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        ValueError: If an argument or a format is wrong.
    """

    def __init__(self, path: str, num: int = 16, images: str | None = None, score: str | None = None) -> None:
        if isinstance(num, bool) or not isinstance(num, int) or num < 1:
            raise ValueError(f'Proposals: num is {num!r}: give how many to take, an integer >= 1')
        self.path, self.num, self.score = os.path.expanduser(path), num, score
        if os.path.isdir(self.path) == (images is not None):
            raise ValueError(
                f'Proposals: {self.path} is {"a folder" if images else "no folder"}: give a folder of JSON files, one '
                'for each image, or one JSON file for all together with images=, the COCO file with their ids'
            )
        sums = [digest(self.path)]
        if images is not None:
            sums.append(digest(os.path.expanduser(images)))
            self._index(os.path.expanduser(images))
        self.options: dict[str, Any] = dict(method='proposals', num=num, score=score, masks_sha256=sums)

    def _index(self, images: str) -> None:
        """Sorts the one file by image."""
        self.ids = {image['file_name']: image['id'] for image in load_json(images, ('images',))['images']}
        self.names = Names(self.ids)
        found = load_json(self.path)
        if not isinstance(found, list):
            raise ValueError(f'{self.path} holds no list: results of COCO are a list of masks')
        self.by_id: dict[Any, list[dict[str, Any]]] = {}
        for number, part in enumerate(found):
            if not isinstance(part, dict) or 'image_id' not in part:
                raise ValueError(f"{self.path}: entry {number} has no 'image_id'")
            self.by_id.setdefault(part['image_id'], []).append(part)

    def _parts(self, name: str) -> list[dict[str, Any]]:
        """The proposals of an image."""
        if not os.path.isdir(self.path):
            found = self.names.find(name)
            if found is None:
                raise ValueError(f'{name} has no mask: the COCO file of images does not know it, or several')
            return self.by_id.get(self.ids[found], [])
        path = os.path.join(self.path, os.path.splitext(name)[0] + '.json')
        if not os.path.isfile(path):
            raise ValueError(f'{name} has no mask, there is no file {path}: add it, or leave the image out (--list)')
        content = load_json(path)
        parts = content.get('annotations') if isinstance(content, dict) else content
        if not isinstance(parts, list):
            raise ValueError(f"{path} of {name} has no list of 'annotations'")
        return parts

    def _score(self, part: dict[str, Any], where: str) -> float:
        """What a proposal is chosen by."""
        keys = SCORES if self.score is None else (self.score,)
        value = next((part[key] for key in keys if key in part), None)
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f'{where} has no finite {" or ".join(map(repr, keys))} to choose by')
        return float(value)

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Reads the best proposals of an image.

        Args:
            image: (H, W, 3), uint8.
            name: By which its proposals are found.

        Returns:
            (H, W, S), int32, S <= ``num``; plane and id n are the n-th best. Proposals without a pixel do not count.

        Raises:
            ValueError: If there are no proposals of the image, one cannot be decoded, has no score or another size.
        """
        check_image(image, name)
        size, planes = image.shape[:2], list[np.ndarray]()
        scored = [
            (self._score(part, f'{self.path}: proposal {number} of {name}'), number, part)
            for number, part in enumerate(self._parts(name))
        ]
        for _, number, part in sorted(scored, key=lambda one: -one[0]):
            where = f'{self.path}: proposal {number} of {name}'
            if 'segmentation' not in part:
                raise ValueError(f"{where} has no 'segmentation'")
            mask = decode_mask(part['segmentation'], size, where)
            if mask.any():
                planes.append(np.where(mask, len(planes), NO_REGION))
            if len(planes) == self.num:
                break
        return np.stack(planes or [np.full(size, NO_REGION)], axis=2).astype(np.int32)
