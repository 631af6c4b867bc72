"""Folders of annotated images: paired whatever the case of their endings, or refused before training."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import DATASETS, DefaultScope

import mmdecon.downstream.seg_folder  # noqa: F401, registers it

NUCLEI = Path(__file__).parents[1] / 'data/nuclei'


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three annotated images."""
    for name in 'abc':
        write(tmp_path / f'images/{name}.jpg', np.zeros((8, 10, 3), np.uint8))
        write(tmp_path / f'annotations/{name}.png', np.full((8, 10), ord(name) % 2, np.uint8))
    return tmp_path


def build(root: Path, **options: object):
    places = dict(img_path='images', seg_map_path='annotations')
    config = dict(type='mmdecon.SegFolder', data_root=str(root), data_prefix=places, metainfo=dict(classes=['x', 'y']))
    with DefaultScope.overwrite_default_scope('mmseg'):
        return DATASETS.build({**config, **options})


def test_endings_count_in_any_case(folder: Path) -> None:
    (folder / 'images/b.jpg').rename(folder / 'images/b.JPG')
    (folder / 'annotations/c.png').rename(folder / 'annotations/c.PNG')
    dataset = build(folder, pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')])
    assert [Path(sample['img_path']).name for sample in dataset] == ['a.jpg', 'b.JPG', 'c.jpg']
    assert [int(sample['gt_seg_map'].max()) for sample in dataset] == [1, 0, 1]


def test_lists_what_mmseg_lists() -> None:
    options = dict(
        data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'), img_suffix='.png', test_mode=True
    )
    for ann_file in ('', 'ImageSets/Segmentation/train_4.txt'):
        ours = build(NUCLEI, ann_file=ann_file, **options)
        theirs = build(NUCLEI, ann_file=ann_file, **options, type='BaseSegDataset')
        assert [ours.get_data_info(i) for i in range(len(ours))] == [
            theirs.get_data_info(i) for i in range(len(theirs))
        ]


@pytest.mark.parametrize(
    'name, pixels, words',
    [
        ('annotations/a.png', np.full((8, 10, 3), 1, np.uint8), r'a\.png has 3 channels'),
        (
            'annotations/a.png',
            np.full((8, 10), 2, np.uint8),
            r'a\.png: the annotation has label 2, but there are 2 clas',
        ),
        ('annotations/a.png', np.full((8, 9), 1, np.uint8), r'a\.png: the image has \(8, 10\) pixels .*\(8, 9\)'),
        ('images/d.jpg', np.zeros((8, 10, 3), np.uint8), r'1 of 4 annotations do not exist: \S*annotations/d\.png'),
    ],
)
def test_what_would_fail_later_is_refused(folder: Path, name: str, pixels: np.ndarray, words: str) -> None:
    write(folder / name, pixels)
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        build(folder)


def test_folders_that_are_not_there(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"no images in \S*images: nothing ends in dataset\.img_suffix='\.tif'"):
        build(folder, img_suffix='.tif')
    shutil.rmtree(folder / 'annotations')
    with pytest.raises(FileNotFoundError, match=r'annotations \(dataset\.data_root and data_prefix\.seg_map_path\)'):
        build(folder)
