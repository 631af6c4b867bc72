"""Probing a network: cells of labelled training images make predictors, which are scored on validation images.

Shapes: C channels, h x w cells, N cells.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .cells import draw_cells
from .cluster import ClusterProbe
from .draws import Draw
from .features import join
from .knn import KnnProbe
from .linear import LinearProbe
from .metrics import Scores, match, score
from .options import Options
from .seeing import see
from .split import Split
from .subjects import Subject

Predictor = Callable[[Tensor], Tensor]
Features = Mapping[str, Sequence[str]]  # name -> levels


class Row(NamedTuple):
    """One result.

    Attributes:
        feature: Levels, joined by ``+``.
        method: ``linear``, ``knn`` or ``cluster``.
        labels: Labelled training images; None for clusters, which see no label.
        draw: The number of the trial; None for clusters.
        cells: How many were learnt from.
        channels: Of the feature.
        scores: In percent.
    """

    feature: str
    method: str
    labels: int | None
    draw: int | None
    cells: int
    channels: int
    scores: Scores


class Memory(NamedTuple):
    """Cells to learn from.

    Attributes:
        features: (N, C).
        labels: Their classes, (N,).
    """

    features: Tensor
    labels: Tensor


Trial = tuple[str, Draw | None]  # a feature; the labelled images, None for all images without their labels


def probe(
    subject: Subject, features: Features, train: Split, val: Split, draws: Sequence[Draw], how: Options
) -> list[Row]:
    """Probes a network.

    The same cells are drawn for every network, and for every feature of the same stride.

    Args:
        subject: The network.
        features: To probe.
        train: Images to learn from.
        val: Images to score on.
        draws: Which of the training images have labels.
        how: The options.

    Returns:
        A row for each feature, method and draw.

    Raises:
        ValueError: If the labelled images hold no labelled pixel.
    """
    classes = len(train.classes)
    memories = collect(subject, features, train, draws, how)
    predictors = {
        (trial, method): fit(method, memory, classes, how)
        for trial, memory in memories.items()
        for method in how.methods
        if (method == 'cluster') == (trial[1] is None)
    }
    confusions: dict[tuple[Trial, str], np.ndarray] = {}
    for sample in val:
        seen = see(subject, sample, how)
        for feature, levels in features.items():
            joined = join(seen.maps, levels)
            cells = joined.flatten(1).T.contiguous()
            for key in (key for key in predictors if key[0][0] == feature):
                scores = predictors[key](cells).T.unflatten(1, joined.shape[1:])
                confusions[key] = confusions.get(key, 0) + seen.confuse(scores, classes, how)
    return [_row(*key, memories[key[0]], confusion, how) for key, confusion in confusions.items()]


def collect(
    subject: Subject, features: Features, train: Split, draws: Iterable[Draw], how: Options
) -> dict[Trial, Memory]:
    """Draws cells to learn from.

    Args:
        subject: The network.
        features: To probe.
        train: Images to learn from.
        draws: Which of them have labels.
        how: Which methods need the cells, and how many.

    Raises:
        ValueError: If the labelled images hold no labelled pixel.
    """
    wanted: dict[Draw | None, Sequence[int]] = {}
    if set(how.methods) - {'cluster'}:
        wanted.update({draw: draw.images for draw in draws})
    if 'cluster' in how.methods:
        wanted[None] = range(len(train))
    parts: dict[Trial, list[Memory]] = {}
    for number in sorted(set().union(*wanted.values())):
        seen = see(subject, train[number], how)
        for feature, levels in features.items():
            joined = join(seen.maps, levels)
            labels = seen.cells((joined.shape[1], joined.shape[2]), len(train.classes), how.labelling)
            for draw in (draw for draw, images in wanted.items() if number in images):
                places = _places(labels, number, draw, len(wanted[draw]), how)
                taken = joined.flatten(1)[:, places.to(joined.device)].T
                known = torch.from_numpy(labels.ravel())[places].to(joined.device)
                parts.setdefault((feature, draw), []).append(Memory(taken, known))
    memories = {trial: Memory(*map(torch.cat, zip(*found))) for trial, found in parts.items()}
    if any(not len(memory.labels) for memory in memories.values()):
        raise ValueError('the training images of a draw have no labelled pixel: give others, or more labels')
    return memories


def fit(method: str, memory: Memory, classes: int, how: Options) -> Predictor:
    """Makes a predictor: cells (M, C) -> scores (M, classes or clusters).

    Args:
        method: ``linear``, ``knn`` or ``cluster``.
        memory: Cells to learn from.
        classes: How many there are.
        how: Arguments of the method.
    """
    if method == 'linear':
        return LinearProbe(*memory, classes, **how.linear)
    if method == 'knn':
        return KnnProbe(*memory, classes, **how.knn)
    return ClusterProbe(memory.features, classes, **{'seed': how.seed, **how.cluster})


def _places(labels: np.ndarray, number: int, draw: Draw | None, images: int, how: Options) -> Tensor:
    """The cells of an image that a trial learns from; of trials that see no label, uniformly drawn ones."""
    drawing, trial = (how.drawing, 1 + draw.number) if draw else ('uniform', 0)
    return torch.from_numpy(draw_cells(labels, -(-how.cells // images), drawing, how.seed, trial, number))


def _row(trial: Trial, method: str, memory: Memory, confusion: np.ndarray, how: Options) -> Row:
    """Sums up what a predictor got right and wrong."""
    feature, draw = trial
    counts = match(confusion) if draw is None else confusion
    labels, number = (draw.labels, draw.number) if draw else (None, None)
    cells, channels = memory.features.shape
    return Row(feature, method, labels, number, cells, channels, score(counts, how.background))
