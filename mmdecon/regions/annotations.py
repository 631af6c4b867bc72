"""Shared parts of the readers of human annotations and of proposals.

Shapes: H x W an image in pixels, S planes.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..images.errors import UnreadableImage
from ..images.reading import read_values
from ..provenance import file_digest
from .base import check_image


class Annotation(NamedTuple):
    """Human annotation of one image.

    Attributes:
        regions: (H, W, S), int32.
        classes: Region id -> class name; empty if the annotation has no classes.
    """

    regions: np.ndarray
    classes: dict[int, str]


class HumanRegions:
    """Base class of the generators that read human annotations.

    Attributes:
        options: See :class:`RegionGenerator`. They hold a checksum of the annotation files, not their path.
        annotators: Whether each plane is a segmentation of the whole image by another annotator.
    """

    options: dict[str, Any]
    annotators = False

    def __contains__(self, name: str) -> bool:
        """Tells whether an image has an annotation."""
        raise NotImplementedError

    def read(self, name: str) -> Annotation:
        """Reads the annotation of an image.

        Args:
            name: The image's path below its root folder.

        Raises:
            ValueError: If there is none, or the file is damaged; the message names the file.
        """
        raise NotImplementedError

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Reads the regions of an image.

        Args:
            image: (H, W, 3), uint8.
            name: The image's path below its root folder; its annotation is found by this name.

        Returns:
            (H, W, S), int32.

        Raises:
            ValueError: If the image has no annotation, or the annotation is damaged or has another size.
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
    """Finds the name that an annotation file has for an image; one of the two may have more leading folders.

    Args:
        known: The names in the annotation file, with forward slashes.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = set(known)
        self._tails: dict[str, list[str]] = {}
        for name in self._known:
            self._tails.setdefault(name.rpartition('/')[2], []).append(name)

    def find(self, name: str) -> str | None:
        """Finds the known name that equals ``name``, or else the only one that is a suffix of it or has it as suffix.

        Args:
            name: The image's path below its root folder.

        Returns:
            The known name, or None if there is none or more than one.
        """
        if name in self._known:
            return name
        tails = self._tails.get(name.rpartition('/')[2], [])
        fitting = [known for known in tails if known.endswith('/' + name) or name.endswith('/' + known)]
        return fitting[0] if len(fitting) == 1 else None


def load_json(path: str, keys: Sequence[str] = ()) -> Any:
    """Reads a JSON file.

    Args:
        path: The file.
        keys: Keys that its top-level object must have; without keys, the top level may be anything.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is not JSON, or lacks a key.
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
    """Computes the SHA-256 of a file's content, or of the names and sizes of all files in a folder."""
    if os.path.isfile(path):
        return file_digest(path)
    found = hashlib.sha256()
    for folder, folders, files in os.walk(path, followlinks=True):
        folders.sort()
        for name in sorted(files):
            full = os.path.join(folder, name)
            found.update(f'{os.path.relpath(full, path)}\0{os.path.getsize(full)}\n'.encode('utf-8', 'surrogateescape'))
    return found.hexdigest()


def require_folder(path: str) -> str:
    """Checks that a folder of annotations exists; returns its path with ``~`` expanded.

    Raises:
        FileNotFoundError: If it does not exist.
    """
    path = os.path.expanduser(path)
    if not os.path.isdir(path):
        raise FileNotFoundError(f'there is no annotation folder {path}')
    return path


def require_annotation(path: str, name: str) -> str:
    """Checks that the annotation file of an image exists; returns its path.

    Args:
        path: Where the file should be.
        name: The image's name, for the error message.

    Raises:
        ValueError: If it does not exist.
    """
    if not os.path.isfile(path):
        raise ValueError(f'{name} has no mask, there is no file {path}: add it, or leave the image out (--list)')
    return path


def read_png(path: str) -> np.ndarray:
    """Reads the raw values of an image file: palette indices, grey values of 8 or 16 bits, or RGB.

    Returns:
        (H, W), or (H, W, 3) for RGB.

    Raises:
        ValueError: If the file is missing, empty or damaged.
    """
    try:
        return read_values(path)
    except UnreadableImage as error:
        raise ValueError(f'the mask {error}') from error
