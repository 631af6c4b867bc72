"""Labelled images, whatever they are read from. Shapes: H x W an image in pixels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

IGNORED = -1  # the label of what is not counted, whatever the files use


class Sample(NamedTuple):
    """An image and its annotation.

    Attributes:
        image: (H, W, 3), uint8, BGR.
        labels: Class of each pixel, (H, W), int64; :data:`IGNORED` where none counts.
    """

    image: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Split:
    """Labelled images, read when asked for.

    Attributes:
        names: Of the images.
        classes: Their names; a label is a place in it.
        reader: From an image's place to the sample.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    reader: Callable[[int], Sample]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        sample = self.reader(index)
        if sample.image.shape[:2] != sample.labels.shape:
            raise ValueError(
                f'{self.names[index]}: the image has {sample.image.shape[:2]} pixels (height, width), its annotation '
                f'{sample.labels.shape}: give annotations of the size of the images'
            )
        if sample.labels.max(initial=IGNORED) >= len(self.classes):
            raise ValueError(
                f'{self.names[index]}: the annotation has label {sample.labels.max()}, but there are '
                f'{len(self.classes)} classes: name all classes, or give the label as one to ignore'
            )
        return sample

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    def first(self, count: int | None) -> 'Split':
        """The first images alone, all where ``count`` is None.

        Raises:
            ValueError: If there are not so many, or none are wanted.
        """
        if count is not None and not 1 <= count <= len(self):
            raise ValueError(f'{count} images are wanted of a split of {len(self)}: give a number up to that')
        return replace(self, names=self.names[:count])
