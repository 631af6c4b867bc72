"""Finds images and what belongs to them, depth maps or annotations, by name."""

import logging
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from mmengine.logging import print_log

from ..images.listing import IMAGE_EXTENSIONS, some, walk


class Names:
    """The files of a folder and its subfolders whose names have an ending, whatever its case.

    Args:
        folder: The folder.
        suffix: The ending, such as ``.jpg`` or ``_depth.png``.
        key: What the config calls the ending, for messages.
    """

    def __init__(self, folder: str, suffix: str, key: str) -> None:
        self.folder, self.suffix, self.key = folder, suffix, key

    @cached_property
    def all(self) -> list[str]:
        """Paths of all files below the folder, sorted; hidden ones, below hidden folders too, are left out."""
        return sorted(name for name, is_there in walk(self.folder) if is_there)

    @cached_property
    def by_stem(self) -> dict[str, str]:
        """Path without the ending -> path with it, in the order of the paths.

        Raises:
            ValueError: If the endings of two files differ in case alone.
        """
        found: dict[str, str] = {}
        for name in filter(self.ends, self.all):
            other = found.setdefault(self.stem(name), name)
            if other != name:
                raise ValueError(
                    f'{other} and {name} in {self.folder} differ in the case of dataset.{self.key}={self.suffix!r} '
                    'alone: remove one, or name files in dataset.list_file'
                )
        return found

    def ends(self, name: str) -> bool:
        """Whether a name has the ending."""
        return name.lower().endswith(self.suffix.lower())

    def stem(self, name: str) -> str:
        """A name without the ending, if it has it."""
        return name[: len(name) - len(self.suffix)] if self.ends(name) else name

    def find(self, stem: str) -> str:
        """The file of a stem; where there is none, the name that it should have."""
        name = stem + self.suffix
        return name if os.path.isfile(os.path.join(self.folder, name)) else self.by_stem.get(stem, name)


def tell_left_out(images: Names, partners: Names | None, what: str) -> None:
    """Warns of files that look like samples and are none.

    Args:
        images: Of which those without the ending are left out.
        partners: Of which those without an image are left out; None for images alone.
        what: The partners are.
    """
    others = [name for name in images.all if name.lower().endswith(IMAGE_EXTENSIONS) and not images.ends(name)]
    if partners is not None:
        same = os.path.samefile(images.folder, partners.folder)
        others = [name for name in others if not (same and partners.ends(name))]
        alone = [name for stem, name in partners.by_stem.items() if stem not in images.by_stem]
        _warn([name for name in alone if not (same and images.ends(name))], partners, f'are {what} without an image')
    _warn(others, images, f'do not end in dataset.{images.key}={images.suffix!r}')


def _warn(names: list[str], files: Names, what: str) -> None:
    """Says how many files are left out, and why."""
    if names:
        text = f'{len(names)} files under {files.folder} {what} and are left out, such as {names[0]}'
        print_log(text, 'current', level=logging.WARNING)


def require_files(
    samples: Sequence[Mapping[str, Any]],
    key: str,
    what: str,
    remedy: str,
    kind: type[Exception] = FileNotFoundError,
) -> None:
    """Refuses samples whose files do not exist.

    Args:
        samples: Of a dataset.
        key: Of the path; samples without it are not looked at.
        what: The files, in the plural.
        remedy: What to check.
        kind: The error that is raised.

    Raises:
        FileNotFoundError: Or another ``kind``, if some are missing.
    """
    missing = [sample[key] for sample in samples if key in sample and not os.path.isfile(sample[key])]
    if missing:
        raise kind(f'{len(missing)} of {len(samples)} {what} do not exist: {some(missing)}. {remedy}')
