"""Shared parts of the readers of human annotations and of proposals.

Shapes: H x W an image in pixels, S planes.
"""

import hashlib
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import texts
from ..images.errors import UnreadableImage
from ..images.reading import read_values
from ..provenance import file_digest
from .base import check_size
from .by_name import FoundByName


class Annotation(NamedTuple):
    """Human annotation of one image.

    Attributes:
        regions: (H, W, S), int32.
        classes: Region id -> class name; empty if the annotation has no classes.
    """

    regions: np.ndarray
    classes: dict[int, str]


class HumanRegions(FoundByName):
    """Base class of the generators that read human annotations.

    Attributes:
        options: See :class:`RegionGenerator`. They hold a checksum of the annotation files, not their path.
        annotators: Whether each plane is a segmentation of the whole image by another annotator.
    """

    options: dict[str, Any]
    annotators = False

    def __contains__(self, name: str) -> bool:
        """Tells whether an image has an annotation.

        Raises:
            ValueError: If it may have one of several.
        """
        raise NotImplementedError

    def read(self, name: str, size: tuple[int, int] | None = None) -> Annotation:
        """Reads the annotation of an image.

        Args:
            name: The image's path below its root folder.
            size: Its H and W, which the annotation is checked against before it is decoded; None accepts any.

        Raises:
            ValueError: If there is none, the file is damaged, or the size differs; the message names the file.
        """
        raise NotImplementedError

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Reads the regions of an image.

        Args:
            image: (H, W, C), of which the size matters.
            name: The image's path below its root folder; its annotation is found by this name.

        Returns:
            (H, W, S), int32.

        Raises:
            ValueError: If the image has no annotation, or the annotation is damaged or has another size.
        """
        check_size(image, name)
        return self.read(name, (image.shape[0], image.shape[1])).regions


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
    content = texts.load_json(path)
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


def require_size(found: tuple[int, ...], size: tuple[int, int] | None, name: str, path: str) -> None:
    """Checks that an annotation is as large as its image.

    Args:
        found: H and W of the annotation.
        size: H and W of the image; None accepts any.
        name: The image's name, for the error message.
        path: The annotation's file, for the error message.

    Raises:
        ValueError: If they differ.
    """
    if size is not None and tuple(found) != tuple(size):
        raise ValueError(
            f'{name} has {size[0]} x {size[1]} pixels, but its mask has {found[0]} x {found[1]} ({path}): resize '
            'neither or both'
        )


def read_png(path: str, name: str, size: tuple[int, int] | None = None) -> np.ndarray:
    """Reads the raw values of an image file: palette indices, grey values of 8 or 16 bits, or RGB.

    Args:
        path: The file.
        name: The name of the image that it annotates, for the message about its size.
        size: H and W of that image, compared before any pixel is decoded; None accepts any.

    Returns:
        (H, W), or (H, W, 3) for RGB.

    Raises:
        ValueError: If the file is missing, empty or damaged, or of another size.
    """
    try:
        return read_values(path, lambda found: require_size(found, size, name, path))
    except UnreadableImage as error:
        raise ValueError(f'the mask {error}') from error
