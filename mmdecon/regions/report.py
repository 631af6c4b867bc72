"""Measures how well regions match human annotations.

Shapes: H x W an image in pixels, S planes of regions, A planes of objects, N objects, R regions.

The overlap of an object is its highest IoU with any region of any plane. All pixels count, also those without
annotation. If an image has A annotators, the objects of each of them have the weight 1 / A.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..tables import head, row
from .annotations import Annotation


def best_overlaps(regions: np.ndarray, objects: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds the best region for each object.

    Args:
        regions: (H, W, S), integer, -1 for no region, ids unique over planes.
        objects: (H, W, A), in the same format.

    Returns:
        The objects' ids (N,), their pixels (N,), and their highest IoU with a region (N,), float64, 0..1.

    Examples:
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
    """Renumbers ids from 0 on, -1 stays: returns the ids, the new map (int64), and the pixels of each id."""
    ids, inverse, pixels = np.unique(labels, return_inverse=True, return_counts=True)
    none = int(np.searchsorted(ids, 0))  # ids below 0 come first
    return ids[none:], np.maximum(inverse.reshape(labels.shape) - none, -1), pixels[none:]


@dataclass
class Quality:
    """Quality of the regions of some images; :meth:`add` takes one image after the other.

    Attributes:
        images: Number of images.
        objects: One row for each of N objects: overlap, weight, pixels.
        classes: Class of each object, '' if it has none.
        regions: R of each image.
        planes: S of each image.
        shares: Size of each region, as a fraction of its image.
        covered: Fraction of each image's pixels that belong to a region.
    """

    images: int = 0
    objects: list[tuple[float, float, int]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    regions: list[int] = field(default_factory=list)
    planes: list[int] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)

    def add(self, regions: np.ndarray, truth: Annotation | None = None, annotators: bool = False) -> float:
        """Adds an image.

        Args:
            regions: (H, W, S).
            truth: Its human annotation; without it, only the regions are counted.
            annotators: Whether the planes of ``truth`` are annotators.

        Returns:
            The mean overlap of its objects; NaN if it has none.
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
        """Summarises all images as JSON values.

        Returns:
            ``images``, ``regions`` (mean per image), ``planes`` (largest), ``median_share`` (median size of a region,
            as a fraction of the image), ``covered``. With objects also: their number ``objects``; ``abo``, the mean
            overlap; ``class_abo``, its mean over classes, or None without classes; ``recall``, the fraction of objects
            with an overlap of at least 0.5; ``covering``, the mean overlap weighted by pixels.
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
        """Computes the mean over classes of the mean overlap of their objects."""
        classes = np.array(self.classes)
        known = [classes == name for name in sorted(set(self.classes) - {''})]
        return float(np.mean([np.average(best[one], weights=weight[one]) for one in known])) if known else None


ROWS = (
    ('images', 'images', '{}'),
    ('regions per image', 'regions', '{:.1f}'),
    ('planes, at most', 'planes', '{}'),
    ('size of a region, median', 'median_share', '{:.2%}'),
    ('pixels in a region', 'covered', '{:.1%}'),
    ('objects', 'objects', '{}'),
    ('average best overlap', 'abo', '{:.3f}'),
    ('the same, mean over classes', 'class_abo', '{:.3f}'),
    ('recall at IoU 0.5', 'recall', '{:.3f}'),
    ('covering (by pixels)', 'covering', '{:.3f}'),
)


def table(columns: dict[str, Quality]) -> str:
    """Formats qualities as a Markdown table with one column each.

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
