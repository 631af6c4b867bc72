"""Region proposals of another program: overlapping masks with scores, such as those of MCG or Segment Anything.

Shapes: H x W an image in pixels, S planes.
"""

import os
from typing import Any

import numpy as np

from ..registry import REGIONS
from .annotations import digest, load_json, require_annotation
from .base import NO_REGION, check_size, is_count, is_number
from .by_name import FoundByName
from .coco_images import CocoImages, load_images
from .json_entries import Entry, entries
from .masks import check_pixels, decode_mask

SCORES = ('score', 'predicted_iou')


@REGIONS.register_module()
class Proposals(FoundByName):
    """Reads the proposals of each image with the highest scores, one plane each, the best first.

    Two formats are read, both with COCO's run-length codes (RLE) or polygons, which need pycocotools:

    * a folder with one JSON file for each image, the format of Segment Anything's dataset and tools: the file of
      ``a/b.jpg`` is ``PATH/a/b.json``, with ``{"annotations": [{"segmentation": {"size": [H, W], "counts": "..."},
      "predicted_iou": 0.9}, ...]}``, or with the list only;
    * one JSON file for all images, COCO's results format: ``[{"image_id": 7, "segmentation": {...}, "score": 0.9},
      ...]``, together with ``images``, any COCO file that lists the images and their ids.

    DetCon used MCG's 16 best proposals. MCG's own files are Matlab's: encode the masks by ``pycocotools.mask.encode``.

    Args:
        path: The folder, or the file for all images.
        num: Largest number of proposals per image. An image with fewer has fewer planes, but at least one.
        images: The COCO file that lists the images, if ``path`` is one file for all images.
        score: The key of the score; higher is better. None is ``score`` or else ``predicted_iou``. Among equal scores
            the earlier proposal is better.

    Raises:
        FileNotFoundError: If a file or folder does not exist.
        ValueError: If an argument or a format is wrong.
    """

    def __init__(self, path: str, num: int = 16, images: str | None = None, score: str | None = None) -> None:
        if not is_count(num):
            raise ValueError(f'Proposals: num is {num!r}: give the largest number per image, an integer >= 1')
        self.path, self.num, self.score = os.path.expanduser(path), num, score
        if os.path.isdir(self.path) == (images is not None):
            raise ValueError(
                f'Proposals: {self.path} is {"a folder" if images else "no folder"}: give a folder of JSON files, one '
                'for each image; or one JSON file for all images, and images=, the COCO file with their ids'
            )
        self.images: CocoImages | None = None
        sums = [digest(self.path)]
        if images is not None:
            sums.append(digest(os.path.expanduser(images)))
            self._index(os.path.expanduser(images))
        self.options: dict[str, Any] = dict(method='proposals', num=num, score=score, masks_sha256=sums)

    def _index(self, images: str) -> None:
        """Groups the proposals of the one file by image."""
        self.images = load_images(images)
        found = load_json(self.path)
        if not isinstance(found, list):
            raise ValueError(f"{self.path} holds no list: COCO's results format is a list of masks")
        self.by_id = self.images.group(found, self.path)

    def place_of(self, name: str, path: str) -> str:
        """The file of an image, or its entry in the COCO file; see the base class."""
        return self._file(name) if self.images is None else self.images.place_of(name, path)

    def _file(self, name: str) -> str:
        """Finds the file of an image."""
        return require_annotation(os.path.join(self.path, os.path.splitext(name)[0] + '.json'), name)

    def _parts(self, name: str) -> list[tuple[int, Entry]]:
        """Lists the proposals of an image, with their positions in the file."""
        if self.images is not None:
            return self.by_id.get(self.images.require(name).id, [])
        path = self._file(name)
        content = load_json(path)
        parts = content.get('annotations') if isinstance(content, dict) else content
        if not isinstance(parts, list):
            raise ValueError(f"{path} of {name} has no list of 'annotations'")
        return [(number, part) for number, (part, _) in enumerate(entries(parts, path))]

    def _score(self, part: Entry, where: str) -> float:
        """Reads the score of a proposal."""
        keys = SCORES if self.score is None else (self.score,)
        value: Any = next((part[key] for key in keys if key in part), None)
        if not is_number(value):
            raise ValueError(f'{where} has no finite {" or ".join(map(repr, keys))} as its score')
        return float(value)

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Reads the best proposals of an image.

        Args:
            image: (H, W, C), of which the size matters.
            name: The image's path below its root folder; its proposals are found by this name.

        Returns:
            (H, W, S), int32, S <= ``num``; plane n holds id n, the n-th best. Proposals without pixels are skipped.

        Raises:
            ValueError: If the image has no proposals, or one cannot be decoded, has no score or another size.
        """
        check_size(image, name)
        size, planes = image.shape[:2], list[np.ndarray]()
        scored = [
            (self._score(part, f'{self.path}: proposal {number} of {name}'), number, part)
            for number, part in self._parts(name)
        ]
        for _, number, part in sorted(scored, key=lambda one: -one[0]):
            where = f'{self.path}: proposal {number} of {name}'
            if 'segmentation' not in part:
                raise ValueError(f"{where} has no 'segmentation'")
            mask = decode_mask(part['segmentation'], size, where)
            if mask.any():
                check_pixels(len(planes) + 1, size, f'{self.path}: {name}')
                planes.append(np.where(mask, np.int32(len(planes)), np.int32(NO_REGION)))
            if len(planes) == self.num:
                break
        return np.stack(planes or [np.full(size, NO_REGION, np.int32)], axis=2)
