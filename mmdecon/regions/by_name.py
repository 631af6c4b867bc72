"""What is found by an image's name: each image must have regions of its own."""

import os
from collections.abc import Iterable

from ..texts import composed


class FoundByName:
    """Base class of what finds an image's regions by its name: stores, readers of annotations and of proposals."""

    def place_of(self, name: str, path: str) -> str:
        """Finds where the regions of an image are.

        Args:
            name: The image's path below its root folder, with forward slashes.
            path: The image file, or ``name`` if it is not known.

        Returns:
            The file or the entry, different for images with different regions.

        Raises:
            ValueError: If there is none, there are several, or it is another image's.
        """
        raise NotImplementedError

    def require_own(self, images: Iterable[tuple[str, str]]) -> None:
        """Checks that each image has regions, which no other image has.

        Args:
            images: Name and path of each, as in :meth:`place_of`; a path may come twice.

        Raises:
            ValueError: If an image has none, or two have the same; names both.
        """
        owners: dict[str, str] = {}
        for name, path in images:
            place = self.place_of(name, path)
            refuse_second(owners.setdefault(place, path), path, place)


def refuse_second(first: str, second: str, place: str) -> None:
    """Refuses that a second image gets what a first one has.

    Args:
        first: Path of the image that was found first.
        second: Path of the other one; it may be the same.
        place: The regions or the annotation that both would get.

    Raises:
        ValueError: If the paths differ.
    """
    if first != second:
        raise ValueError(
            f'{first} and {second} would both get {place}: leave one out, or give the folder above both as the only '
            'one, so that their names differ there and in the annotations or the store'
        )


class Names:
    """Finds the name that an annotation file has for an image; one of the two may have more leading folders.

    Args:
        known: The names in the annotation file, with forward slashes.
        where: That file, for error messages.
    """

    def __init__(self, known: Iterable[str], where: str) -> None:
        self.where = where
        self._known = {composed(name): name for name in known}
        self._tails: dict[str, list[str]] = {}
        for name in self._known:
            self._tails.setdefault(name.rpartition('/')[2], []).append(name)

    def find(self, name: str) -> str | None:
        """Finds the known name that equals ``name``, or else the only one that is a suffix of it or has it as suffix.

        Args:
            name: The image's path below its root folder.

        Returns:
            The known name, or None if there is none.

        Raises:
            ValueError: If there are several.
        """
        name = composed(name)
        if name in self._known:
            return self._known[name]
        tails = self._tails.get(name.rpartition('/')[2], [])
        fitting = [known for known in tails if known.endswith('/' + name) or name.endswith('/' + known)]
        if len(fitting) > 1:
            raise ValueError(
                f'{name} may be {fitting[0]} or {fitting[1]} of {self.where}: give the folder above, so that names '
                'are equal'
            )
        return self._known[fitting[0]] if fitting else None


def refuse_other_file(known: str, name: str, path: str, where: str) -> None:
    """Refuses a known name with more folders than an image's, if it names another file near that image.

    Args:
        known: The name in the annotation file, such as ``train/1.jpg``.
        name: The image's path below its root folder, such as ``1.jpg``.
        path: The image file, such as ``coco/val/1.jpg``, or ``name``.
        where: The annotation file, for the error message.

    Raises:
        ValueError: If ``coco/train/1.jpg`` exists.
    """
    if not os.path.isfile(path) or not known.endswith('/' + name):
        return
    folder = os.path.abspath(path[: len(path) - len(name)])
    for _ in range(known.count('/') - name.count('/')):
        folder = os.path.dirname(folder)
        other = os.path.join(folder, known)
        if os.path.isfile(other) and not os.path.samefile(other, path):
            raise ValueError(f'{where} is of {other}, not of {path}: give the annotations of these images')
