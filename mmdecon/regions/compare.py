"""Compares several kinds of regions with human annotations: numbers, and pictures of some images.

Shapes: H x W an image in pixels, S planes.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .annotations import HumanRegions
from .base import RegionGenerator
from .build import generate, read
from .report import Quality
from .store import RegionStore

Source = RegionStore | RegionGenerator


class Findings(NamedTuple):
    """Results of a comparison.

    Attributes:
        qualities: Title -> the quality over all images.
        means: Title -> the mean overlap of each image; NaN if no object is annotated.
        names: The images, in the order of ``means``.
    """

    qualities: dict[str, Quality]
    means: dict[str, list[float]]
    names: list[str]

    def to_json(self) -> dict[str, Any]:
        """Converts the summaries to JSON values."""
        return {title: quality.numbers() for title, quality in self.qualities.items()}


def regions_of(source: Source, folder: str | None, name: str) -> np.ndarray:
    """Reads the regions of an image from a store, or makes them.

    Args:
        source: A store, or a generator, which needs ``folder``.
        folder: The root folder of the images.
        name: The image's path below it.

    Returns:
        (H, W, S).

    Raises:
        ValueError: If ``source`` is a generator and ``folder`` is None.
    """
    if isinstance(source, RegionStore):
        return source.read(name)
    if folder is None:
        raise ValueError(f'regions of {name} are to be made and not read from a store: give the folder of the images')
    return generate(source, read(folder, name), name, 'keep')


def compare(
    sources: Mapping[str, Source], human: HumanRegions, names: Sequence[str], folder: str | None = None
) -> Findings:
    """Measures all sources on the images that have a human annotation.

    Args:
        sources: Title -> store or generator.
        human: The reader of the human annotations.
        names: Paths of the images below their root folder; images without annotation are skipped.
        folder: The root folder of the images, which generators need.

    Raises:
        ValueError: If no image has an annotation, two have the same one, or regions have another size than their
            annotation.
    """
    known = [name for name in names if name in human]
    if not known:
        raise ValueError(
            f'none of the {len(names)} images has a human annotation, such as {names[0] if names else "none"}: check '
            'that images and annotations are from one dataset, and that names are paths below the same folder'
        )
    found = Findings({title: Quality() for title in sources}, {title: [] for title in sources}, known)
    human.require_own((name, os.path.join(folder, name) if folder else name) for name in known)
    for name in known:
        maps = {title: regions_of(source, folder, name) for title, source in sources.items()}
        truth = human.read(name, _size(maps, name))
        for title, regions in maps.items():
            found.means[title].append(found.qualities[title].add(regions, truth, human.annotators))
    return found


def _size(maps: Mapping[str, np.ndarray], name: str) -> tuple[int, int]:
    """H and W of all region maps of an image."""
    sizes = {title: (regions.shape[0], regions.shape[1]) for title, regions in maps.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f'the regions of {name} have different sizes (height, width): {sizes}')
    return next(iter(sizes.values()))


def choose_examples(findings: Findings, count: int) -> list[tuple[str, dict[str, float]]]:
    """Chooses images at evenly spaced ranks, from the lowest to the highest mean overlap of the first source.

    Args:
        findings: Results of :func:`compare`.
        count: Largest number of images.

    Returns:
        Names, each with its mean overlap by title.
    """
    first = next(iter(findings.means.values()))
    drawn = [number for number in np.argsort(first, kind='stable') if np.isfinite(first[number])]
    ranks = np.unique(np.linspace(0, len(drawn) - 1, min(count, len(drawn))).round().astype(int))
    return [
        (findings.names[drawn[rank]], {title: means[drawn[rank]] for title, means in findings.means.items()})
        for rank in ranks
    ]


def draw_examples(
    findings: Findings, sources: Mapping[str, Source], human: HumanRegions, folder: str, count: int = 4
) -> np.ndarray:
    """Draws some images, their human annotation (of the first annotator), and the regions of each source.

    Args:
        findings: Results of :func:`compare`.
        sources: As in :func:`compare`.
        human: As in :func:`compare`.
        folder: The root folder of the images.
        count: Largest number of images.

    Returns:
        A picture with a row for each image, RGB, uint8.
    """
    from ..visualization import draw_row, tile  # late: only drawing needs it

    rows = []
    for name, overlaps in choose_examples(findings, count):
        drawn = human.read(name).regions
        maps = {'annotation': drawn[..., :1] if human.annotators else drawn}
        for title, source in sources.items():
            maps[f'{title}, overlap {overlaps[title]:.2f}'] = regions_of(source, folder, name)
        rows.append([draw_row(np.ascontiguousarray(read(folder, name)[..., ::-1]), maps)])
    return tile(rows, gap=0)
