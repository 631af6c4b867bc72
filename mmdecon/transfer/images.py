"""The images of a dataset by name, and the same dataset with some of them alone.

mmseg's datasets take a list of names as ``ann_file``, mmdet's a file of COCO's format. A ``ConcatDataset``
has a list for each of its datasets.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.registry import DATASETS, DefaultScope
from mmseg.datasets import BaseSegDataset

from ..files import write_text
from ..texts import load_json

REMEDY = (
    "labels other than 'all', and tune, need a dataset of mmseg or one of COCO's format, or a ConcatDataset of such"
)


class Name(NamedTuple):
    """An image.

    Attributes:
        dataset: Number of the dataset within a ``ConcatDataset``; 0 without one.
        name: Path below the folder of images, without suffix; of COCO the image's ``id``.
    """

    dataset: int
    name: str


def list_images(config: Mapping[str, Any], scope: str) -> list[Name]:
    """Lists the images of a dataset, in its order.

    Args:
        config: Of the dataset.
        scope: Of the config that it stands in.

    Raises:
        ValueError: If the dataset is of a kind whose images cannot be chosen by a list.
    """
    return [Name(number, name) for number, one in enumerate(_members(config)) for name in _names(one, scope)]


def with_images(config: Mapping[str, Any], scope: str, chosen: Sequence[Name], folder: Path) -> dict[str, Any]:
    """The same dataset with some of its images.

    Args:
        config: Of the dataset.
        scope: Of the config that it stands in.
        chosen: The images, in the order that they are to have.
        folder: Where lists are written, ``labels.txt`` or ``labels.json``, numbered in a ``ConcatDataset``.

    Returns:
        Its config; a ``ConcatDataset``'s without the datasets that have no image left.
    """
    members = _members(config)
    kept = []
    for number, member in enumerate(members):
        names = [one.name for one in chosen if one.dataset == number]
        suffix = f'_{number}' if len(members) > 1 else ''
        if names:
            path = _write(member, scope, names, folder / f'labels{suffix}').resolve()
            kept.append({**member, 'ann_file': str(path)})
            if _names(kept[-1], scope) != names:
                raise ValueError(f'{member["type"]} does not read its images from a list as ann_file: {REMEDY}')
    return {**config, 'datasets': kept} if 'datasets' in config else kept[0]


def _members(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The datasets that a dataset consists of."""
    return list(config['datasets']) if 'datasets' in config else [config]


def _names(config: Mapping[str, Any], scope: str) -> list[str]:
    """The images of a dataset that is no wrapper."""
    with DefaultScope.overwrite_default_scope(scope):
        dataset = DATASETS.build({**config, 'pipeline': []})
    rows = [dataset.get_data_info(index) for index in range(len(dataset))]
    if isinstance(dataset, BaseSegDataset):
        folder, suffix = Path(dataset.data_prefix['img_path']), dataset.img_suffix
        return [Path(row['img_path']).relative_to(folder).as_posix().removesuffix(suffix) for row in rows]
    if rows and 'img_id' in rows[0] and config.get('ann_file'):
        return [str(row['img_id']) for row in rows]
    raise ValueError(f'a list cannot choose images of {type(dataset).__name__}: {REMEDY}')


def _write(config: Mapping[str, Any], scope: str, names: Sequence[str], path: Path) -> Path:
    """Writes the list that a dataset reads as ``ann_file``."""
    with DATASETS.switch_scope_and_registry(config.get('_scope_') or scope) as registry:
        kind = registry.get(config['type'])
    if issubclass(kind, BaseSegDataset):
        write_text(path.with_suffix('.txt'), '\n'.join(names) + '\n')
        return path.with_suffix('.txt')
    content = load_json(str(Path(config.get('data_root') or '') / config['ann_file']))
    by_id, wanted = {str(image['id']): image for image in content['images']}, set(names)
    content['images'] = [by_id[name] for name in names]
    content['annotations'] = [one for one in content['annotations'] if str(one['image_id']) in wanted]
    write_text(path.with_suffix('.json'), json.dumps(content) + '\n')
    return path.with_suffix('.json')
