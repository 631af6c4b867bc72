"""The images of COCO-like JSON files, and the annotations of each.

Shapes: H x W an image in pixels.
"""

import logging
import posixpath
from typing import Any, NamedTuple

from mmengine.logging import print_log

from ..texts import composed
from .annotations import load_json
from .base import as_integer
from .by_name import Names, refuse_other_file
from .json_entries import Entry, brief, entries, id_of
from .masks import check_pixels

SIZE = ('height', 'width')
Numbered = tuple[int, Entry]


class CocoImage(NamedTuple):
    """An image in a COCO file.

    Attributes:
        id: Of the image, by which its annotations name it.
        name: Its path below some folder.
        entry: The JSON object.
        where: Description of the entry.
    """

    id: str
    name: str
    entry: Entry
    where: str

    def size(self, known: tuple[int, int] | None = None) -> tuple[int, int]:
        """Reads H and W, which may be missing if they are known.

        Args:
            known: H and W of the image file.

        Raises:
            ValueError: If they are missing, no positive numbers, too large, or differ from the known ones.
        """
        if known is not None and not self.entry.keys() & set(SIZE):
            return known
        height, width = (as_integer(self.entry.get(key)) for key in SIZE)
        if not height or not width or min(height, width) < 1:
            values = [self.entry.get(key) for key in SIZE]
            raise ValueError(f'{self.where}, {self.name}, has the height and width {brief(values)}: give its pixels')
        if known is None:
            check_pixels(1, (height, width), f'{self.where}, {self.name}')
        elif (height, width) != tuple(known):
            raise ValueError(
                f'{self.name} has {known[0]} x {known[1]} pixels, but its mask has {brief(height)} x {brief(width)} '
                f'({self.where}): resize neither or both'
            )
        return height, width


class CocoImages:
    """The images of a COCO file, found by their names.

    Args:
        path: The file, for error messages.
        listed: The list ``images``. A name is ``file_name``, or else the path in ``coco_url`` (LVIS).

    Raises:
        ValueError: If an entry lacks name or id, or a name or an id belongs to two entries that differ.
    """

    def __init__(self, path: str, listed: Any) -> None:
        self.path = path
        self._by_name: dict[str, CocoImage] = {}
        self._by_id: dict[str, CocoImage] = {}
        for entry, where in entries(listed, f'{path}: images'):
            image = CocoImage(id_of(entry, 'id', where), _name(entry, where), entry, where)
            for known, key in ((self._by_name, image.name), (self._by_id, image.id)):
                self._refuse_second(known.setdefault(key, image), image)
        self._names = Names(self._by_name, path)

    @staticmethod
    def _refuse_second(first: CocoImage, second: CocoImage) -> None:
        """Refuses an image that is listed twice, unless all that counts is the same."""
        firsts, seconds = ([one.id, one.name, *map(one.entry.get, SIZE)] for one in (first, second))
        if firsts != seconds:
            raise ValueError(
                f'{first.where} is {first.name} with the id {first.id}, {second.where} is {second.name} with the id '
                f'{second.id}: list each image once, under an id of its own'
            )

    def find(self, name: str) -> CocoImage | None:
        """Finds an image; None if the file does not list it.

        Raises:
            ValueError: If it may be one of several.
        """
        found = self._names.find(name)
        return None if found is None else self._by_name[found]

    def require(self, name: str) -> CocoImage:
        """Finds an image.

        Raises:
            ValueError: If the file does not list it, or it may be one of several.
        """
        found = self.find(name)
        if found is None:
            raise ValueError(f'{name} has no mask: {self.path} does not know the image; leave it out (--list)')
        return found

    def place_of(self, name: str, path: str) -> str:
        """See :meth:`FoundByName.place_of`."""
        known = self.require(name).name
        refuse_other_file(known, name, path, self.path)
        return f'{known} in {self.path}'

    def group(self, listed: Any, what: str) -> dict[str, list[Numbered]]:
        """Groups annotations by their images' ids; warns of those whose image is not listed.

        Args:
            listed: The list of annotations.
            what: What it is, such as ``a.json: annotations``.

        Returns:
            Id -> the annotations with their positions in the list.

        Raises:
            ValueError: If one names no image, or none names an image that is listed.
        """
        grouped: dict[str, list[Numbered]] = {}
        for number, (entry, where) in enumerate(entries(listed, what)):
            grouped.setdefault(id_of(entry, 'image_id', where), []).append((number, entry))
        lost = [key for key in grouped if key not in self._by_id]
        count = sum(len(grouped.pop(key)) for key in lost)
        lister = 'the file' if what.startswith(self.path) else self.path
        about = f'{count} of {len(listed)} entries are of images that {lister} does not list'
        about += f', such as image_id {brief(lost[0])}' if lost else ''
        if not grouped:
            raise ValueError(f'{what}: {about}: give annotations of its images, whose ids are {self._some()}')
        if lost:
            print_log(f'{what}: {about}; they are left out', 'current', logging.WARNING)
        return grouped

    def _some(self) -> str:
        """Shows some ids."""
        return ', '.join(map(brief, list(self._by_id)[:3])) + (', …' if len(self._by_id) > 3 else '')


def _name(entry: Entry, where: str) -> str:
    """Reads the file name of an image, with forward slashes."""
    name, url = entry.get('file_name'), entry.get('coco_url')
    if name is None and isinstance(url, str):
        name = url.partition('://')[2].partition('/')[2]
    if not isinstance(name, str) or not name or '\0' in name:
        raise ValueError(f"{where} has no 'file_name' (or 'coco_url'), by which images are found: add it, or remove it")
    return composed(posixpath.normpath(name.replace('\\', '/')))


def load_images(path: str) -> CocoImages:
    """Reads the images of a COCO file.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it cannot be read.
    """
    return CocoImages(path, load_json(path, ('images',))['images'])
