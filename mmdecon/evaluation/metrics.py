"""What a confusion matrix tells. Shapes: K classes."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from .split import IGNORED


@dataclass(frozen=True)
class Scores:
    """How well labels are predicted, in percent.

    Attributes:
        mIoU: Mean IoU of the classes that occur in annotations or predictions.
        foreground_mIoU: The same without the background; equal to it where there is no background.
        accuracy: Share of the counted pixels (or cells) that are right.
        iou: Of each class, (K,); None for one that does not occur.
    """

    mIoU: float
    foreground_mIoU: float
    accuracy: float
    iou: tuple[float | None, ...]


def confuse(labels: np.ndarray, predicted: np.ndarray, classes: int, kinds: int | None = None) -> np.ndarray:
    """Counts pairs of true and predicted classes.

    Args:
        labels: True classes, of any shape; :data:`IGNORED` ones are not counted.
        predicted: Of the same shape.
        classes: K.
        kinds: How many predictions there are, by default K.

    Returns:
        (K, kinds), int64; rows are the true classes.
    """
    kinds = classes if kinds is None else kinds
    counted = labels != IGNORED
    pairs = labels[counted] * kinds + predicted[counted]
    return np.bincount(pairs, minlength=classes * kinds).reshape(classes, kinds)


def score(confusion: np.ndarray, background: int | None = 0) -> Scores:
    """Sums up a confusion matrix.

    Args:
        confusion: (K, K) or, where some predictions are of no class, (K, more); rows are the true classes.
        background: The class that the foreground's mean leaves out, None for none.

    Example:
        >>> score(np.array([[3, 1], [0, 4]])).iou
        (75.0, 80.0)
    """
    hits = np.diag(confusion).astype(float)
    union = confusion.sum(1) + confusion.sum(0)[: len(hits)] - hits
    with np.errstate(invalid='ignore'):
        iou = 100 * hits / union  # NaN where a class does not occur
    occurs = union > 0
    front = occurs & (np.arange(len(iou)) != (-1 if background is None else background))
    everything, foreground = (float(iou[chosen].mean()) if chosen.any() else float('nan') for chosen in (occurs, front))
    accuracy = 100 * float(hits.sum()) / max(1, int(confusion.sum()))
    return Scores(everything, foreground, accuracy, tuple(float(x) if there else None for x, there in zip(iou, occurs)))


def match(confusion: np.ndarray) -> np.ndarray:
    """Gives clusters to classes, one to one, so that as much as possible is right (the Hungarian method).

    Args:
        confusion: (K, clusters), clusters >= K.

    Returns:
        (K, clusters): the columns in the order of the classes, then those of clusters without a class, which are wrong
        wherever they are predicted.
    """
    _, chosen = linear_sum_assignment(confusion, maximize=True)
    rest = np.setdiff1d(np.arange(confusion.shape[1]), chosen)
    return confusion[:, np.concatenate([chosen, rest])]
