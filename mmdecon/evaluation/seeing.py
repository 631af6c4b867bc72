"""What a network sees of a labelled image, and how predictions come back to it.

Shapes: H x W the annotation in pixels, h x w cells, K classes.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..images.resizing import resize
from .cells import label_cells, pad_labels
from .metrics import confuse
from .options import Options
from .split import Sample
from .subjects import Subject


class Seen(NamedTuple):
    """A labelled image that a network has seen.

    Attributes:
        maps: Level -> (C, h, w).
        labels: The annotation, (H, W).
        size: Height and width of the image as the network saw it.
        whole: The same with the margin that was added to the right and below; cells divide it.
    """

    maps: dict[str, Tensor]
    labels: np.ndarray
    size: tuple[int, int]
    whole: tuple[int, int]

    def cells(self, shape: tuple[int, int], classes: int, labelling: str) -> np.ndarray:
        """Classes of the cells of a map, (h, w); those of the margin are ignored."""
        labels = self.labels
        if labels.shape != self.size:
            plane = torch.from_numpy(labels)[None, None].float()
            labels = interpolate(plane, self.size, mode='nearest-exact')[0, 0].long().numpy()
        return label_cells(pad_labels(labels, self.whole), shape, classes, labelling)

    def upsample(self, scores: Tensor) -> Tensor:
        """Brings scores of cells (K, h, w) to the annotation's pixels, (K, H, W), bilinearly."""
        wide = _resize(scores, self.whole)[:, : self.size[0], : self.size[1]]
        return wide if self.size == self.labels.shape else _resize(wide, self.labels.shape)

    def confuse(self, scores: Tensor, classes: int, how: Options) -> np.ndarray:
        """Counts how often each class is taken for which.

        Args:
            scores: Of cells, (K, h, w); K may be more than the classes.
            classes: How many there are.
            how: Whether to count pixels or cells.

        Returns:
            (classes, K).
        """
        labels = self.labels
        if how.scoring == 'cell':
            labels = self.cells((scores.shape[1], scores.shape[2]), classes, how.labelling)
        else:
            scores = self.upsample(scores)
        return confuse(labels, scores.argmax(0).cpu().numpy(), classes, len(scores))


def see(subject: Subject, sample: Sample, how: Options) -> Seen:
    """Runs a network on a labelled image.

    Args:
        subject: The network.
        sample: The image and its annotation.
        how: The size of what the network sees.
    """
    image, size = sample.image, sample.image.shape[:2]
    if how.short_side is not None:
        factor = how.short_side / min(size)
        size = (round(size[0] * factor), round(size[1] * factor))
        image = resize(image, size, 'bilinear', 'pillow')
    x = subject.prepare(image)
    with torch.no_grad():
        maps = {name: value[0] for name, value in subject.network(x).items() if name in subject.levels}
    return Seen(maps, sample.labels, size, (x.shape[2], x.shape[3]))


def _resize(x: Tensor, size: tuple[int, ...]) -> Tensor:
    return interpolate(x[None], tuple(size), mode='bilinear', align_corners=False)[0]
