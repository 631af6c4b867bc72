"""Joined datasets that find regions by names, which each of them checks for itself alone."""

from collections.abc import Iterator

from mmengine.dataset import ClassBalancedDataset, RepeatDataset
from torch.utils.data import ConcatDataset, Dataset, Subset

from ..regions.file_format import canonical
from .draws import SeededDraws
from .image_folder import ImageFolder
from .load_regions import LoadRegions

WRAPPERS = (ClassBalancedDataset, RepeatDataset, SeededDraws, Subset)


def require_own_regions(dataset: Dataset) -> None:
    """Refuses joined datasets of which two images would get the same regions.

    Args:
        dataset: Of a data loader.

    Raises:
        ValueError: If so; names both images.
    """
    users: dict[str, list[tuple[LoadRegions, ImageFolder]]] = {}
    for part in _parts(dataset):
        for step in part.pipeline.transforms:
            if isinstance(step, LoadRegions):
                users.setdefault(_source(step), []).append((step, part))
    for found in users.values():
        if len(found) > 1:
            infos = (part.get_data_info(index) for _, part in found for index in range(len(part)))
            found[0][0].require([(info['name'], info['img_path']) for info in infos])


def _source(step: LoadRegions) -> str:
    """Tells regions of different origins apart."""
    if step.store is not None:
        return step.store.path
    assert step.generator is not None  # as there is no store
    return canonical(step.generator.options)


def _parts(dataset: Dataset) -> Iterator[ImageFolder]:
    """Takes joined and wrapped datasets apart."""
    if isinstance(dataset, ConcatDataset):
        for one in dataset.datasets:
            yield from _parts(one)
    elif isinstance(dataset, WRAPPERS):
        yield from _parts(dataset.dataset)
    elif isinstance(dataset, ImageFolder):
        yield dataset
