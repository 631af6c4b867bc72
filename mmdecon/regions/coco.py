"""Human annotations in COCO's two formats.

Shapes: H x W an image in pixels, S planes.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..registry import REGIONS
from .annotations import Annotation, HumanRegions, digest, load_json, read_png, require_folder
from .base import NO_REGION, as_integer
from .coco_images import CocoImages, Numbered
from .json_entries import Entry, brief, category_names, entries, id_of, is_crowd
from .masks import decode_mask, pack_masks

CROWDS = ('skip', 'keep')


class _Coco(HumanRegions):
    """Base class of both formats: a JSON file with images, annotations and categories."""

    def __init__(self, ann_file: str, crowd: str) -> None:
        if crowd not in CROWDS:
            raise ValueError(f'{type(self).__name__}: crowd is {crowd!r}: give one of {", ".join(map(repr, CROWDS))}')
        self.ann_file, self.crowd = os.path.expanduser(ann_file), crowd
        content = load_json(self.ann_file, ('images', 'annotations'))
        self.images = CocoImages(self.ann_file, content['images'])
        self.categories = category_names(content.get('categories', []), f'{self.ann_file}: categories')
        self.annotations = self.images.group(content['annotations'], f'{self.ann_file}: annotations')

    def __contains__(self, name: str) -> bool:
        return self.images.find(name) is not None

    def place_of(self, name: str, path: str) -> str:
        """The entry of an image in the JSON file; see the base class."""
        return self.images.place_of(name, path)

    def _wanted(self, part: Entry, where: str) -> bool:
        """Tells whether an annotation becomes a region."""
        return not is_crowd(part, where) or self.crowd == 'keep'

    def _class(self, part: Entry, where: str) -> str:
        """Names the class of an annotation, by its id if the category has no entry; '' if there is none."""
        if part.get('category_id') is None:
            return ''
        number = id_of(part, 'category_id', where)
        return self.categories.get(number, number)


@REGIONS.register_module()
class CocoInstances(_Coco):
    """Reads COCO's instance annotations, such as ``instances_train2017.json``, and LVIS's; polygons need pycocotools.

    Instances may overlap, often along their outlines. Each instance goes to the first plane in which it overlaps no
    earlier one. Instances without pixels are ignored. An image without instances has one plane without regions.
    Annotations of images that the file does not list are left out, with a warning.

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

    def read(self, name: str, size: tuple[int, int] | None = None) -> Annotation:
        """Reads the instances of an image; region n is its n-th instance with pixels.

        Raises:
            ValueError: If the image is not in the file or has another size, or an instance cannot be decoded.
        """
        image, classes = self.images.require(name), list[str]()
        size = image.size(size)
        masks = self._masks(self.annotations.get(image.id, []), name, size, classes)
        regions = pack_masks(masks, size, f'{self.ann_file}: {name}')
        return Annotation(regions, {number: title for number, title in enumerate(classes) if title})

    def _masks(
        self, parts: list[Numbered], name: str, size: tuple[int, int], classes: list[str]
    ) -> Iterator[np.ndarray]:
        """Decodes the instances that have pixels one by one, and notes their classes."""
        for number, part in parts:
            where = f'{self.ann_file}: annotations[{number}], instance {part.get("id")} of {name}'
            if not self._wanted(part, where):
                continue
            if 'segmentation' not in part:
                raise ValueError(f"{where} has no 'segmentation': regions are made of masks; add it, or remove it")
            title = self._class(part, where)
            mask = decode_mask(part['segmentation'], size, where)
            if mask.any():
                classes.append(title)
                yield mask


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

    def read(self, name: str, size: tuple[int, int] | None = None) -> Annotation:
        """Reads the segments of an image; one plane, region n is the n-th segment in the JSON file.

        Raises:
            ValueError: If the PNG file is missing or damaged, or its segments differ from those in the JSON file.
        """
        where, entry = self._entry(name)
        path = os.path.join(self.folder, entry['file_name'])
        if not os.path.isfile(path):
            raise ValueError(f'{where} names the mask {path}, which does not exist: add it, or correct the entry')
        colours = read_png(path, name, size)
        if colours.ndim != 3 or colours.shape[2] != 3 or colours.dtype != np.uint8:
            raise ValueError(f'the mask {path} of {name} is not an RGB image, as panoptic masks are')
        found = colours.astype(np.int32) @ np.array([1, 256, 65536], np.int32)
        listed = self._segments(entry, where)
        wrong = listed.keys() ^ (set(np.unique(found).tolist()) - {0})
        if wrong:
            raise ValueError(
                f'the mask {path} of {name} and {self.ann_file} do not list the same segments; {sorted(wrong)[:3]} are '
                'only in one of them'
            )
        return self._regions(found, listed)

    def _entry(self, name: str) -> tuple[str, Entry]:
        """Finds the one annotation of an image, and describes its place."""
        found = self.annotations.get(self.images.require(name).id, [])
        if len(found) != 1:
            many = f'{len(found)} panoptic annotations' if found else 'no panoptic annotation'
            raise ValueError(f'{name} has no mask: {self.ann_file} has {many} of it, one is needed')
        number, entry = found[0]
        where = f'{self.ann_file}: annotations[{number}] of {name}'
        if 'segments_info' not in entry or not isinstance(entry.get('file_name'), str) or '\0' in entry['file_name']:
            raise ValueError(f"{where} is no panoptic annotation, with 'file_name' and 'segments_info'")
        return where, entry

    def _segments(self, entry: Entry, where: str) -> dict[int, tuple[Entry, str]]:
        """Lists the segments of an annotation by their ids, with descriptions of their places."""
        listed: dict[int, tuple[Entry, str]] = {}
        for part, place in entries(entry['segments_info'], f'{where}: segments_info'):
            number = as_integer(part.get('id'))
            if number is None or number in listed:
                raise ValueError(f"{place} has the 'id' {brief(part.get('id'))}: give each segment a number of its own")
            listed[number] = part, place
        return listed

    def _regions(self, found: np.ndarray, listed: dict[int, tuple[Entry, str]]) -> Annotation:
        """Numbers the wanted segments of a map of segment ids."""
        regions, classes = np.full(found.shape, NO_REGION, np.int32), {}
        for number, (segment, (part, place)) in enumerate(listed.items()):
            if self._wanted(part, place):
                regions[found == segment] = number
                if title := self._class(part, place):
                    classes[number] = title
        return Annotation(regions[..., None], classes)
