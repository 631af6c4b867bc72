"""Sets several kinds of regions beside what people drew: numbers, and pictures of some images.

Shapes: H x W an image in pixels, S planes.
"""

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
    """What a comparison found.

    Attributes:
        qualities: Title -> what was measured.
        means: Title -> each image's mean overlap, NaN where nobody drew an object.
        names: The images, in the order of ``means``.
    """

    qualities: dict[str, Quality]
    means: dict[str, list[float]]
    names: list[str]

    def to_json(self) -> dict[str, Any]:
        """Gives the summaries as JSON would hold them."""
        return {title: quality.numbers() for title, quality in self.qualities.items()}


def regions_of(source: Source, folder: str | None, name: str) -> np.ndarray:
    """Reads the regions of an image from a store, or makes them.

    Args:
        source: A store, or a generator, which needs ``folder``.
        folder: The images' root.
        name: The image.

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
    """Measures all sources on the images that people drew on.

    Args:
        sources: Title -> store or generator.
        human: What people drew.
        names: Images; those that ``human`` does not know are passed over.
        folder: The images' root, which generators need.

    Raises:
        ValueError: If ``human`` knows none of the images, or regions have another size than what people drew.
    """
    known = [name for name in names if name in human]
    if not known:
        raise ValueError(
            f'people drew on none of the {len(names)} images, such as {names[0] if names else "none"}: are both from '
            'one data set, and do the names lie below the same folder?'
        )
    found = Findings({title: Quality() for title in sources}, {title: [] for title in sources}, known)
    for name in known:
        truth = human.read(name)
        for title, source in sources.items():
            regions = regions_of(source, folder, name)
            if regions.shape[:2] != truth.regions.shape[:2]:
                raise ValueError(
                    f'the regions of {name} ({title}) have {regions.shape[0]} x {regions.shape[1]} pixels, what people '
                    f'drew {truth.regions.shape[0]} x {truth.regions.shape[1]}'
                )
            found.means[title].append(found.qualities[title].add(regions, truth, human.annotators))
    return found


def choose_examples(findings: Findings, count: int) -> list[tuple[str, dict[str, float]]]:
    """Chooses images from the one that the first source meets worst to the one that it meets best, at even ranks.

    Args:
        findings: Of :func:`compare`.
        count: How many, at most.

    Returns:
        Names, each with the mean overlap by title.
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
    """Draws some images, what people drew on them (of annotators the first), and the regions of each source.

    Args:
        findings: Of :func:`compare`.
        sources: As there.
        human: As there.
        folder: The images' root.
        count: How many images at most.

    Returns:
        A row for each image, RGB, uint8.
    """
    from ..visualization import draw_row, tile  # late: drawing alone needs it

    rows = []
    for name, overlaps in choose_examples(findings, count):
        drawn = human.read(name).regions
        maps = {'people': drawn[..., :1] if human.annotators else drawn}
        for title, source in sources.items():
            maps[f'{title}, overlap {overlaps[title]:.2f}'] = regions_of(source, folder, name)
        rows.append([draw_row(np.ascontiguousarray(read(folder, name)[..., ::-1]), maps)])
    return tile(rows, gap=0)
