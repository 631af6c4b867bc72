"""The cells of maps: what class each has, and which of them a probe learns from.

Shapes: H x W pixels, h x w cells.
"""

import numpy as np

from ..images.seeding import derive_seed
from .split import IGNORED

LABELLINGS = ('majority', 'centre')
DRAWINGS = ('balanced', 'uniform')


def pad_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Adds ignored pixels to the right and below.

    Args:
        labels: (H, W).
        size: Height and width to reach.
    """
    pad = [(0, wanted - given) for wanted, given in zip(size, labels.shape)]
    return np.pad(labels, pad, constant_values=IGNORED)


def label_cells(labels: np.ndarray, size: tuple[int, int], classes: int, labelling: str = 'majority') -> np.ndarray:
    """Gives each cell a class.

    Args:
        labels: Classes of pixels, (H, W), :data:`IGNORED` where none counts.
        size: h, w; divisors of H and W.
        classes: How many there are.
        labelling: ``majority``: the most frequent label of the pixels that the cell covers, the smaller of two equally
            frequent; ignored pixels are counted like a class, the last one. ``centre``: the label of the pixel at
            the cell's centre (of an even number of pixels, the second of the middle two).

    Returns:
        (h, w), int64, with :data:`IGNORED`.

    Raises:
        ValueError: If the cells do not divide the image, or there is no such labelling.

    Example:
        >>> label_cells(np.array([[0, 1, 2, 2], [1, 1, 2, 0]]), (1, 2), 3).tolist()
        [[1, 2]]
    """
    (rows, columns), (tall, wide) = size, (labels.shape[0] // size[0], labels.shape[1] // size[1])
    if (rows * tall, columns * wide) != labels.shape:
        raise ValueError(f'a map of {size} cells does not divide an annotation of {labels.shape} pixels')
    if labelling == 'centre':
        return labels[tall // 2 :: tall, wide // 2 :: wide].copy()
    if labelling != 'majority':
        raise ValueError(f'cells are labelled by {labelling!r}: give one of {", ".join(LABELLINGS)}')
    counted = np.where(labels == IGNORED, classes, labels)
    cell = np.arange(labels.shape[0])[:, None] // tall * columns + np.arange(labels.shape[1])[None] // wide
    counts = np.bincount((cell * (classes + 1) + counted).ravel(), minlength=rows * columns * (classes + 1))
    most = counts.reshape(rows, columns, classes + 1).argmax(2)
    return np.where(most == classes, IGNORED, most)


def draw_cells(labels: np.ndarray, count: int, drawing: str, *seed: int) -> np.ndarray:
    """Draws cells of an image.

    Args:
        labels: Classes of its cells, of any shape.
        count: How many; fewer are drawn where there are not so many labelled ones.
        drawing: ``balanced``: each class of the image in turn gives one cell, as long as it has any, so that rare
            classes are not lost; ``uniform``: each labelled cell is as likely.
        *seed: What the draw depends on.

    Returns:
        Places in the flattened labels, sorted.

    Raises:
        ValueError: If there is no such drawing.
    """
    if drawing not in DRAWINGS:
        raise ValueError(f'cells are drawn {drawing!r}: give one of {", ".join(DRAWINGS)}')
    random = np.random.default_rng(derive_seed(*seed))
    order = random.permutation(np.flatnonzero(labels.ravel() != IGNORED))
    if drawing == 'balanced':
        order = order[np.argsort(_turns(labels.ravel()[order]), kind='stable')]
    return np.sort(order[:count])


def _turns(labels: np.ndarray) -> np.ndarray:
    """The how-manieth of its class each label is.

    Example:
        >>> _turns(np.array([3, 3, 1, 3])).tolist()
        [0, 1, 0, 2]
    """
    turns = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        turns[labels == label] = np.arange((labels == label).sum())
    return turns
