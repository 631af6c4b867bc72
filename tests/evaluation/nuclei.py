"""The bundled images as probes take them."""

from pathlib import Path
from typing import Any

NUCLEI = Path(__file__).parents[1] / 'data' / 'nuclei'


def part(name: str, count: int) -> dict[str, Any]:
    """The first images of a list, as a folder of images and one of annotations."""
    lists = NUCLEI / 'ImageSets' / 'Segmentation'
    folders = dict(images=str(NUCLEI / 'JPEGImages'), labels=str(NUCLEI / 'SegmentationClass'))
    return dict(**folders, list_file=str(lists / f'{name}.txt'), count=count)
