"""How well regions meet what people drew.

Shapes: H x W an image in pixels, S planes of regions, A planes of objects, N objects, R regions.

The overlap of an object is the IoU with the region, of any plane, that has the highest one. All pixels count, also
those that people left out. Where planes are annotators, each of an image's A annotators' objects count 1 / A.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..tables import head, row
from .annotations import Annotation


def best_overlaps(regions: np.ndarray, objects: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds each object's best region.

    Args:
        regions: (H, W, S), integer, -1 none, ids unique over planes.
        objects: (H, W, A), likewise.

    Returns:
        The objects' ids (N,), their pixels (N,), and their highest IoU with a region (N,), float64, 0..1.

    Example:
        >>> best_overlaps(np.array([[[0], [0], [1]]]), np.array([[[5], [-1], [7]]]))[2].tolist()
        [0.5, 1.0]
    """
    ids, which, pixels = _number(objects)
    _, region, areas = _number(regions)
    best = np.zeros(len(ids))
    for plane in range(objects.shape[2]):
        for other in range(regions.shape[2]):
            both = (which[..., plane] >= 0) & (region[..., other] >= 0)
            pairs, shared = np.unique(
                which[..., plane][both] * max(len(areas), 1) + region[..., other][both], return_counts=True
            )
            thing, piece = np.divmod(pairs, max(len(areas), 1))
            np.maximum.at(best, thing, shared / (pixels[thing] + areas[piece] - shared))
    return ids, pixels, best


def _number(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers ids 0.., -1 staying none: the ids, the map (int64), and the pixels of each."""
    ids, inverse, pixels = np.unique(labels, return_inverse=True, return_counts=True)
    none = int(np.searchsorted(ids, 0))  # ids below 0 come first
    return ids[none:], np.maximum(inverse.reshape(labels.shape) - none, -1), pixels[none:]


@dataclass
class Quality:
    """What was found in some images; :meth:`add` one after the other.

    Attributes:
        images: How many.
        objects: N, one row each: overlap, weight, pixels.
        classes: Each object's, '' where it has none.
        regions: R of each image.
        planes: S of each image.
        shares: Each region's share of its image's pixels.
        covered: Share of each image's pixels that are in some region.
    """

    images: int = 0
    objects: list[tuple[float, float, int]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    regions: list[int] = field(default_factory=list)
    planes: list[int] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)

    def add(self, regions: np.ndarray, truth: Annotation | None = None, annotators: bool = False) -> float:
        """Counts an image.

        Args:
            regions: (H, W, S).
            truth: What people drew on it; None counts the regions alone.
            annotators: Whether the planes of ``truth`` are annotators.

        Returns:
            The mean overlap of its objects; NaN without any.
        """
        _, which, areas = _number(regions)
        self.images += 1
        self.regions.append(len(areas))
        self.planes.append(regions.shape[2])
        self.shares += (areas / which[..., 0].size).tolist()
        self.covered.append(float((which >= 0).any(axis=2).mean()))
        if truth is None:
            return float('nan')
        ids, pixels, best = best_overlaps(regions, truth.regions)
        weight = 1 / truth.regions.shape[2] if annotators else 1.0
        self.objects += [(float(iou), weight, int(area)) for iou, area in zip(best, pixels)]
        self.classes += [truth.classes.get(int(number), '') for number in ids]
        return float(best.mean()) if len(best) else float('nan')

    def numbers(self) -> dict[str, Any]:
        """The summary, as JSON would hold it.

        Returns:
            ``images``, ``regions`` (mean per image), ``planes`` (largest), ``median_share`` (of a region), ``covered``;
            and with objects their number ``objects``, ``abo``, the mean overlap, ``class_abo``, its mean over classes
            (None without), ``recall``, the share of objects with an overlap of 0.5 or more, and ``covering``, the mean
            by pixels.
        """
        found: dict[str, Any] = dict(
            images=self.images,
            regions=float(np.mean(self.regions)) if self.images else 0.0,
            planes=max(self.planes, default=0),
            median_share=float(np.median(self.shares)) if self.shares else 0.0,
            covered=float(np.mean(self.covered)) if self.images else 0.0,
        )
        if self.objects:
            best, weight, pixels = np.array(self.objects).T
            found.update(
                objects=len(best),
                abo=float(np.average(best, weights=weight)),
                class_abo=self._by_class(best, weight),
                recall=float(np.average(best >= 0.5, weights=weight)),
                covering=float(np.average(best, weights=weight * pixels)),
            )
        return found

    def _by_class(self, best: np.ndarray, weight: np.ndarray) -> float | None:
        """The mean over classes of the mean overlap of their objects."""
        classes = np.array(self.classes)
        known = [classes == name for name in sorted(set(self.classes) - {''})]
        return float(np.mean([np.average(best[one], weights=weight[one]) for one in known])) if known else None


ROWS = (
    ('images', 'images', '{}'),
    ('regions per image', 'regions', '{:.1f}'),
    ('planes, at most', 'planes', '{}'),
    ('share of a region, median', 'median_share', '{:.2%}'),
    ('pixels in some region', 'covered', '{:.1%}'),
    ('objects', 'objects', '{}'),
    ('average best overlap', 'abo', '{:.3f}'),
    ('the same, mean over classes', 'class_abo', '{:.3f}'),
    ('recall at IoU 0.5', 'recall', '{:.3f}'),
    ('covering (by pixels)', 'covering', '{:.3f}'),
)


def table(columns: dict[str, Quality]) -> str:
    """Lays qualities out as a Markdown table, a column each.

    Args:
        columns: Title -> quality.
    """
    found = {title: quality.numbers() for title, quality in columns.items()}
    lines = [head(['', *found])]
    for label, key, shape in ROWS:
        values = [numbers.get(key) for numbers in found.values()]
        if any(value is not None for value in values):
            lines.append(row([label, *('' if value is None else shape.format(value) for value in values)]))
    return '\n'.join(lines)
