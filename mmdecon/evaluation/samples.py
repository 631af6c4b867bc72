"""Labelled images for probes: a folder of images and one of label PNGs, or any data set of mmseg.

Shapes: H x W an image in pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.registry import DATASETS, TRANSFORMS, DefaultScope
from PIL import Image

from ..images.listing import IMAGE_EXTENSIONS, keep_listed, list_images
from ..images.reading import read_image
from ..regions.by_name import refuse_second
from .split import IGNORED, Sample, Split


def open_folder(
    images: str,
    labels: str,
    list_file: str | None = None,
    classes: Sequence[str] | None = None,
    ignore: Sequence[int] = (255,),
) -> Split:
    """Opens a folder of images and one of annotations.

    Args:
        images: The images' folder, searched recursively.
        labels: The annotations': PNGs of one channel (or a palette), named as the images, below the same folders.
        list_file: The images to take, one name a line, with or without extension; by default all.
        classes: Names; by default as many as the annotations' largest label needs, after a look at all of them.
        ignore: Labels that do not count.

    Raises:
        FileNotFoundError: If a folder, a list or an annotation does not exist.
        ValueError: If there are no images, two of them have one annotation, or one is no PNG of one channel.
    """
    found = {images: list_images(images, IMAGE_EXTENSIONS)}
    names = (keep_listed(found, list_file) if list_file else found)[images]
    paths = [Path(labels, name).with_suffix('.png') for name in names]
    owners: dict[Path, str] = {}
    for name, path in zip(names, paths):
        refuse_second(owners.setdefault(path, name), name, str(path))
    absent = [str(path) for path in paths if not path.is_file()]
    if absent:
        raise FileNotFoundError(
            f'{len(absent)} of {len(names)} images in {images} have no annotation, such as {absent[0]}: give the '
            'folder of their PNGs, or a list of the images that have one'
        )
    if classes is None:
        largest = max(int(read_labels(path, ignore).max()) for path in paths)
        classes = [str(label) for label in range(largest + 1)]

    def read(index: int) -> Sample:
        return Sample(read_image(str(Path(images, names[index]))), read_labels(paths[index], ignore))

    return Split(tuple(names), tuple(classes), read)


def read_labels(path: Path, ignore: Sequence[int]) -> np.ndarray:
    """Reads an annotation.

    Args:
        path: A PNG of one channel, of 8 or 16 bits, or of a palette, whose indices then are the labels.
        ignore: Labels that become :data:`IGNORED`.

    Returns:
        (H, W), int64.

    Raises:
        ValueError: If it has several channels.
    """
    labels = np.array(Image.open(path)).astype(np.int64)
    if labels.ndim != 2:
        raise ValueError(f'{path} has {labels.shape[2]} channels: an annotation has one, with the number of the class')
    labels[np.isin(labels, list(ignore))] = IGNORED
    return labels


def open_dataset(config: Mapping[str, Any]) -> Split:
    """Opens a data set of mmseg, without its augmentations: images as they are, annotations by its own loader.

    Args:
        config: Of the data set, as in a data loader's ``dataset``; repeated and joined ones are taken apart.

    Raises:
        ValueError: If it names no classes, or has no annotations.
    """
    if 'datasets' in config:
        return _joined([open_dataset(part) for part in config['datasets']])
    if 'dataset' in config:
        return open_dataset(config['dataset'])
    loading = [step for step in config.get('pipeline', ()) if 'LoadAnnotations' in str(step['type'])]
    with DefaultScope.overwrite_default_scope('mmseg'):
        dataset = DATASETS.build({**config, 'pipeline': []})
        load = TRANSFORMS.build(loading[0] if loading else dict(type='LoadAnnotations'))
    classes = dataset.metainfo.get('classes')
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    if not classes or not infos or 'seg_map_path' not in infos[0]:
        raise ValueError(
            f'data set {config["type"]} has {len(infos)} images and {len(classes or ())} classes: give one with '
            'images, annotations (data_prefix.seg_map_path) and classes (metainfo)'
        )

    def read(index: int) -> Sample:
        labels = load.transform(dataset.get_data_info(index))['gt_seg_map'].astype(np.int64)
        labels[labels == getattr(dataset, 'ignore_index', 255)] = IGNORED
        return Sample(read_image(infos[index]['img_path']), labels)

    return Split(tuple(Path(info['img_path']).name for info in infos), tuple(classes), read)


def open_pair(train: Mapping[str, Any], val: Mapping[str, Any]) -> tuple[Split, Split]:
    """Opens images to learn from and images to score on.

    Args:
        train: See :func:`open_split`.
        val: The same. Of folders without names of classes, the larger label of both tells how many classes there are.

    Raises:
        ValueError: If they have different classes.
    """
    splits = [open_split(config) for config in (train, val)]
    if not any('type' in config or config.get('classes') for config in (train, val)):
        classes = max((split.classes for split in splits), key=len)
        splits = [replace(split, classes=classes) for split in splits]
    if splits[0].classes != splits[1].classes:
        raise ValueError(
            f'the images to learn from have classes {splits[0].classes}, those to score on {splits[1].classes}: name '
            'the same for both'
        )
    return splits[0], splits[1]


def _joined(splits: Sequence[Split]) -> Split:
    """Splits one behind the other."""
    places = [(split, index) for split in splits for index in range(len(split))]
    names = tuple(name for split in splits for name in split.names)
    return Split(names, splits[0].classes, lambda index: places[index][0].reader(places[index][1]))


def open_split(config: Mapping[str, Any]) -> Split:
    """Opens what a config describes.

    Args:
        config: The arguments of :func:`open_folder`, or a data set of mmseg, which has a ``type``; both may have
            ``count``, the number of images to take from the start.
    """
    options = {key: value for key, value in config.items() if key != 'count'}
    opened = open_dataset(options) if 'type' in options else open_folder(**options)
    return opened.first(config.get('count'))
