"""Human annotations in COCO's two formats.

Shapes: H x W an image in pixels, S planes.
"""

import os
from typing import Any

import numpy as np

from ..registry import REGIONS
from .annotations import Annotation, HumanRegions, Names, digest, load_json, read_png, require_folder
from .base import NO_REGION
from .masks import decode_mask, pack_masks

CROWDS = ('skip', 'keep')


class _Coco(HumanRegions):
    """Base class of both formats: a JSON file with images, annotations and categories."""

    def __init__(self, ann_file: str, crowd: str) -> None:
        if crowd not in CROWDS:
            raise ValueError(f'{type(self).__name__}: crowd is {crowd!r}: give one of {", ".join(map(repr, CROWDS))}')
        self.ann_file, self.crowd = os.path.expanduser(ann_file), crowd
        content = load_json(self.ann_file, ('images', 'annotations', 'categories'))
        self.images: dict[str, dict[str, Any]] = {image['file_name']: image for image in content['images']}
        self.names = Names(self.images)
        self.categories = {category['id']: category['name'] for category in content['categories']}
        self.annotations: dict[Any, list[dict[str, Any]]] = {}
        for annotation in content['annotations']:
            self.annotations.setdefault(annotation['image_id'], []).append(annotation)

    def __contains__(self, name: str) -> bool:
        return self.names.find(name) is not None

    def _image(self, name: str) -> dict[str, Any]:
        """Finds the entry of an image in the JSON file."""
        found = self.names.find(name)
        if found is None:
            raise ValueError(f'{name} has no mask: {self.ann_file} does not know the image (or several); leave it out')
        return self.images[found]

    def _wanted(self, part: dict[str, Any]) -> bool:
        """Tells whether an annotation becomes a region."""
        return self.crowd == 'keep' or not part.get('iscrowd', 0)


@REGIONS.register_module()
class CocoInstances(_Coco):
    """Reads COCO's instance annotations, for example ``instances_train2017.json``; needs pycocotools.

    Instances may overlap, often along their outlines. Each instance goes to the first plane in which it overlaps no
    earlier one. Instances without pixels are ignored. An image without instances has one plane without regions.

    Args:
        ann_file: The JSON file.
        crowd: ``skip`` annotations that are marked as a crowd, because they cover several objects, or ``keep`` each of
            them as one region.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the file has another format.
    """

    def __init__(self, ann_file: str, crowd: str = 'skip') -> None:
        super().__init__(ann_file, crowd)
        self.options: dict[str, Any] = dict(method='human-coco', crowd=crowd, masks_sha256=digest(self.ann_file))

    def read(self, name: str) -> Annotation:
        """Reads the instances of an image; region n is its n-th instance with pixels.

        Raises:
            ValueError: If the image is not in the file, or an instance cannot be decoded.
        """
        image = self._image(name)
        size, masks, classes = (image['height'], image['width']), list[np.ndarray](), dict[int, str]()
        for part in filter(self._wanted, self.annotations.get(image['id'], [])):
            mask = decode_mask(part['segmentation'], size, f'{self.ann_file}: instance {part.get("id")} of {name}')
            if mask.any():
                classes[len(masks)] = self.categories[part['category_id']]
                masks.append(mask)
        return Annotation(pack_masks(masks, size), classes)


@REGIONS.register_module()
class CocoPanoptic(_Coco):
    """Reads COCO's panoptic annotations (things and stuff): ``panoptic_train2017.json`` and its folder of PNG files.

    The segment id of a pixel is R + 256 G + 65536 B; 0 is no segment.

    Args:
        ann_file: The JSON file.
        folder: Folder of the PNG files.
        crowd: ``skip`` annotations that are marked as a crowd, or ``keep`` each of them as one region.

    Raises:
        FileNotFoundError: If the file or the folder does not exist.
        ValueError: If the file has another format.
    """

    def __init__(self, ann_file: str, folder: str, crowd: str = 'skip') -> None:
        super().__init__(ann_file, crowd)
        self.folder = require_folder(folder)
        self.options: dict[str, Any] = dict(
            method='human-panoptic', crowd=crowd, masks_sha256=[digest(self.ann_file), digest(self.folder)]
        )

    def read(self, name: str) -> Annotation:
        """Reads the segments of an image; one plane, region n is the n-th segment in the JSON file.

        Raises:
            ValueError: If the PNG file is missing or damaged, or its segments differ from those in the JSON file.
        """
        entries = self.annotations.get(self._image(name)['id'], [])
        if len(entries) != 1 or 'segments_info' not in entries[0]:
            raise ValueError(f'{name} has no mask: {self.ann_file} has no panoptic annotation of it')
        path = os.path.join(self.folder, entries[0]['file_name'])
        colours = read_png(path)
        if colours.ndim != 3 or colours.shape[2] != 3 or colours.dtype != np.uint8:
            raise ValueError(f'the mask {path} of {name} is not an RGB image, as panoptic masks are')
        found = colours.astype(np.int32) @ np.array([1, 256, 65536], np.int32)
        listed = entries[0]['segments_info']
        wrong = {part['id'] for part in listed} ^ (set(np.unique(found).tolist()) - {0})
        if wrong:
            raise ValueError(
                f'the mask {path} of {name} and {self.ann_file} do not list the same segments; {sorted(wrong)[:3]} are '
                'only in one of them'
            )
        regions, classes = np.full(found.shape, NO_REGION, np.int32), {}
        for number, part in enumerate(listed):
            if self._wanted(part):
                regions[found == part['id']] = number
                classes[number] = self.categories[part['category_id']]
        return Annotation(regions[..., None], classes)
