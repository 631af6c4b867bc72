"""How to probe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .cells import DRAWINGS, LABELLINGS
from .cluster import require_scikit_learn

METHODS = ('linear', 'knn', 'cluster')
SCORING = ('pixel', 'cell')


@dataclass(frozen=True)
class Options:
    """How to probe.

    Attributes:
        methods: Some of ``linear``, ``knn`` and ``cluster``.
        cells: Cells to learn from, at most; the same number from each image, as far as it has so many.
        labelling: What gives a cell its class, ``majority`` or ``centre``.
        drawing: How cells of an image are drawn, ``balanced`` by class or ``uniform``. Those that clusters are made of
            are always drawn uniformly, for labels would help there.
        scoring: What is counted: each ``pixel`` of the annotation, the predictors' scores being upsampled bilinearly,
            or each ``cell`` of the map.
        short_side: Of the images that the network sees, in pixels; None as they are. Annotations keep their size.
        background: The class without which the foreground's mean is taken, None for none.
        seed: Of drawn cells and clusters.
        linear: Further arguments of :class:`LinearProbe`.
        knn: Of :class:`KnnProbe`.
        cluster: Of :class:`ClusterProbe`.

    Raises:
        ModuleNotFoundError: If clusters are to be made, and scikit-learn is not installed.
        ValueError: If a value is none of its choices.
    """

    methods: Sequence[str] = ('knn', 'linear')
    cells: int = 10_000
    labelling: str = 'majority'
    drawing: str = 'balanced'
    scoring: str = 'pixel'
    short_side: int | None = None
    background: int | None = 0
    seed: int = 0
    linear: Mapping[str, Any] = field(default_factory=dict)
    knn: Mapping[str, Any] = field(default_factory=dict)
    cluster: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = dict(labelling=LABELLINGS, drawing=DRAWINGS, scoring=SCORING)
        wrong = [(key, getattr(self, key)) for key, choice in known.items() if getattr(self, key) not in choice]
        wrong += [('methods', method) for method in self.methods if method not in METHODS]
        if wrong:
            key, value = wrong[0]
            raise ValueError(f'{key} is {value!r}: give one of {", ".join(known.get(key, METHODS))}')
        if self.cells < 1 or not self.methods:
            raise ValueError(f'{self.cells} cells and {len(self.methods)} methods: give at least one of each')
        if 'cluster' in self.methods:
            require_scikit_learn()
