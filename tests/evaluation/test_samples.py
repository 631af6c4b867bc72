"""Labelled images: folders, data sets of mmseg, and what is wrong with them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdecon.evaluation import open_folder, open_pair, open_split
from mmdecon.evaluation.split import IGNORED
from tests.evaluation.nuclei import NUCLEI, part

DATASET = dict(
    type='BaseSegDataset',
    data_root=str(NUCLEI),
    data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'),
    img_suffix='.png',
    seg_map_suffix='.png',
    ann_file='ImageSets/Segmentation/val.txt',
    metainfo=dict(classes=('background', 'nucleus'), palette=[[0, 0, 0], [0, 158, 115]]),
    pipeline=[dict(type='LoadImageFromFile'), dict(type='RandomFlip', prob=1.0), dict(type='LoadAnnotations')],
)


def test_a_data_set_of_mmseg_is_the_folder(tmp_path: Path) -> None:
    ours, theirs = open_split(part('val', 3)), open_split({**DATASET, 'count': 3})
    assert theirs.classes == ('background', 'nucleus') and ours.classes == ('0', '1')
    assert ours.names == theirs.names
    for one, other in zip(ours, theirs):
        assert np.array_equal(one.image, other.image) and np.array_equal(one.labels, other.labels)


def test_repeated_and_joined_data_sets_are_taken_apart() -> None:
    joined = open_split(
        dict(type='ConcatDataset', datasets=[DATASET, dict(type='RepeatDataset', dataset=DATASET, times=9)])
    )
    assert len(joined) == 80
    assert np.array_equal(joined[41].labels, joined[1].labels)


def test_a_label_that_mmseg_ignores_is_ignored() -> None:
    split = open_split({**DATASET, 'ignore_index': 0, 'count': 1})
    assert set(np.unique(split[0].labels)) == {IGNORED, 1}


def write(folder: Path, labels: np.ndarray, size: tuple[int, int] = (4, 6)) -> tuple[str, str]:
    for name, content in (('images', np.zeros((*size, 3), np.uint8)), ('labels', labels.astype(np.uint8))):
        (folder / name).mkdir()
        Image.fromarray(content).save(folder / name / 'a.png')
    return str(folder / 'images'), str(folder / 'labels')


def test_ignored_labels_of_folders(tmp_path: Path) -> None:
    labels = np.zeros((4, 6), int)
    labels[0, 0], labels[1] = 11, 2
    split = open_folder(*write(tmp_path, labels), ignore=[11])
    assert split.classes == ('0', '1', '2') and split[0].labels[0, 0] == IGNORED


def test_annotations_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    folders = write(tmp_path, np.full((4, 5), 3))
    with pytest.raises(ValueError, match=r'a.png: the image has \(4, 6\) pixels .* its annotation \(4, 5\)'):
        open_folder(*folders)[0]
    Image.fromarray(np.full((4, 6), 3, np.uint8)).save(tmp_path / 'labels' / 'a.png')
    with pytest.raises(ValueError, match='has label 3, but there are 2 classes'):
        open_folder(*folders, classes=['x', 'y'])[0]
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / 'labels' / 'a.png')
    with pytest.raises(ValueError, match='has 3 channels: an annotation has one'):
        open_folder(*folders)
    (tmp_path / 'labels' / 'a.png').unlink()
    with pytest.raises(FileNotFoundError, match='1 of 1 images in .* have no annotation, such as .*labels/a.png'):
        open_folder(*folders)


def test_splits_need_the_same_classes(tmp_path: Path) -> None:
    write(tmp_path, np.full((4, 6), 4))
    other = dict(images=str(tmp_path / 'images'), labels=str(tmp_path / 'labels'))
    assert [split.classes for split in open_pair(part('val', 1), other)] == [tuple('01234')] * 2
    with pytest.raises(ValueError, match="have classes .'background', 'nucleus'.*name the same for both"):
        open_pair(DATASET, other)


def test_more_images_than_there_are_cannot_be_wanted() -> None:
    with pytest.raises(ValueError, match='41 images are wanted of a split of 40'):
        open_split(part('val', 41))
