"""What regions drawn by people, and proposals, are read with.

Shapes: H x W an image in pixels, S planes.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from .base import check_image

BLOCK = 1 << 20


class Annotation(NamedTuple):
    """What people drew on one image.

    Attributes:
        regions: (H, W, S), int32.
        classes: The class of each id; empty where there are none.
    """

    regions: np.ndarray
    classes: dict[int, str]


class HumanRegions:
    """Base of the generators that read what people drew.

    Attributes:
        options: See :class:`RegionGenerator`; of the annotations they hold a checksum, not the place.
        annotators: Whether each plane is a different person's view of the whole image.
    """

    options: dict[str, Any]
    annotators = False

    def __contains__(self, name: str) -> bool:
        """Whether there is an annotation of an image."""
        raise NotImplementedError

    def read(self, name: str) -> Annotation:
        """Reads the annotation of an image.

        Raises:
            ValueError: If there is none, or it is damaged; names the file.
        """
        raise NotImplementedError

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Reads the regions of an image.

        Args:
            image: (H, W, 3), uint8.
            name: By which its annotation is found.

        Returns:
            (H, W, S), int32.

        Raises:
            ValueError: If there is no annotation of the image, it is damaged or of another size.
        """
        check_image(image, name)
        regions = self.read(name).regions
        if regions.shape[:2] != image.shape[:2]:
            raise ValueError(
                f'{name} has {image.shape[0]} x {image.shape[1]} pixels, but its mask has {regions.shape[0]} x '
                f'{regions.shape[1]}: resize neither or both'
            )
        return regions


class Names:
    """Finds by an image's name what annotations call it, with more or fewer folders before.

    Args:
        known: The annotations' names, with forward slashes.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = set(known)
        self._tails: dict[str, list[str]] = {}
        for name in self._known:
            self._tails.setdefault(name.rpartition('/')[2], []).append(name)

    def find(self, name: str) -> str | None:
        """The known name that equals ``name``, or else the only one that ends in it or that it ends in; or None."""
        if name in self._known:
            return name
        tails = self._tails.get(name.rpartition('/')[2], [])
        fitting = [known for known in tails if known.endswith('/' + name) or name.endswith('/' + known)]
        return fitting[0] if len(fitting) == 1 else None


def load_json(path: str, keys: Sequence[str] = ()) -> Any:
    """Reads a JSON file.

    Args:
        path: The file.
        keys: What its object must have; without any, it may be something else than an object.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is no JSON, or lacks a key.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f'there is no annotation file {path}')
    try:
        with open(path, encoding='utf-8') as file:
            content = json.load(file)
    except ValueError as error:
        raise ValueError(f'{path} cannot be read as JSON: {error}') from error
    missing = [key for key in keys if not isinstance(content, dict) or key not in content]
    if missing:
        raise ValueError(f'{path} has no {", ".join(map(repr, missing))}: it is of another format than expected')
    return content


def digest(path: str) -> str:
    """SHA-256 of a file's content, or of the names and sizes of a folder's files."""
    found = hashlib.sha256()
    if os.path.isfile(path):
        with open(path, 'rb') as file:
            for block in iter(lambda: file.read(BLOCK), b''):
                found.update(block)
        return found.hexdigest()
    for folder, folders, files in os.walk(path, followlinks=True):
        folders.sort()
        for name in sorted(files):
            full = os.path.join(folder, name)
            found.update(f'{os.path.relpath(full, path)}\0{os.path.getsize(full)}\n'.encode('utf-8', 'surrogateescape'))
    return found.hexdigest()


def require_folder(path: str) -> str:
    """Refuses a path that is no folder; returns it with ``~`` replaced.

    Raises:
        FileNotFoundError: If it is none.
    """
    path = os.path.expanduser(path)
    if not os.path.isdir(path):
        raise FileNotFoundError(f'there is no folder {path} of masks')
    return path


def read_png(path: str) -> np.ndarray:
    """Reads a picture as its numbers: palette indices, grey values of 8 or 16 bits, or RGB.

    Returns:
        (H, W), or (H, W, 3).

    Raises:
        ValueError: If the file is missing, empty or damaged.
    """
    try:
        with Image.open(path) as picture:
            return np.asarray(picture)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f'the mask {path} cannot be read: {error}') from error
