"""Folders are listed in one order on every machine, list files choose, and draws follow the seed."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from mmdecon.datasets import ImageFolder
from mmdecon.datasets.sampler import Draw
from mmdecon.registry import DATASETS
from tests.support.image_files import names, write


def test_folders_are_searched_recursively_in_sorted_order(tmp_path: Path) -> None:
    for name in ['b/2.JPG', 'b/10.png', 'a.jpeg', 'b/c/d/e.tif', 'z.bmp', '.hidden.png', 'B/x.webp']:
        write(tmp_path / name)
    (tmp_path / 'notes.txt').write_text('no image')
    expected = ['B/x.webp', 'a.jpeg', 'b/10.png', 'b/2.JPG', 'b/c/d/e.tif', 'z.bmp']
    assert names(ImageFolder(str(tmp_path)), tmp_path) == expected
    assert names(ImageFolder(str(tmp_path), extensions='.png'), tmp_path) == ['b/10.png']
    assert names(ImageFolder(str(tmp_path), indices=2), tmp_path) == expected[:2]


def test_several_folders_below_a_root_keep_their_order_and_share_no_file(tmp_path: Path) -> None:
    for name in ['unlabeled2017/1.jpg', 'train2017/3.jpg', 'train2017/2.jpg', 'train2017/more/4.jpg']:
        write(tmp_path / name)
    dataset = ImageFolder(['unlabeled2017', 'train2017', 'train2017/more/'], data_root=str(tmp_path))
    assert names(dataset, tmp_path) == [
        'unlabeled2017/1.jpg',
        'train2017/2.jpg',
        'train2017/3.jpg',
        'train2017/more/4.jpg',
    ]


def test_a_list_file_chooses_by_stem_or_relative_path(tmp_path: Path) -> None:
    for stem in ['2007_000032', '2007_000039', '2007_000063', 'sub/2007_000032']:
        write(tmp_path / f'JPEGImages/{stem}.jpg')
    chosen = tmp_path / 'ImageSets/train.txt'
    chosen.parent.mkdir()
    chosen.write_text('2007_000063\nsub/2007_000032.jpg\n\n2007_000032\n')
    dataset = ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    assert names(dataset, tmp_path / 'JPEGImages') == ['2007_000032.jpg', '2007_000063.jpg', 'sub/2007_000032.jpg']

    chosen.write_text('2007_000063\n2007_000064\n2007_000065')
    with pytest.raises(
        ValueError, match=r'^2 images that .*train\.txt \(dataset\.list_file\).* 2007_000064, 2007_000065$'
    ):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    write(tmp_path / 'JPEGImages/2007_000032.png')
    chosen.write_text('2007_000032')
    with pytest.raises(ValueError, match='several files.*: 2007_000032'):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    chosen.write_text('\n')
    with pytest.raises(ValueError, match='names no image'):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='ImageSets/train.txt')
    with pytest.raises(FileNotFoundError, match=r'absent\.txt \(dataset\.list_file\)'):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='absent.txt')


def test_a_folder_without_images_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'/absent \(dataset\.folders\) is not a folder.*dataset\.data_root'):
        ImageFolder('absent', data_root=str(tmp_path))
    write(tmp_path / 'full/a.png')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(ValueError, match=r'no images under .*/empty \(dataset\.folders\).*\.jpg, \.jpeg, \.png'):
        ImageFolder(['full', 'empty'], data_root=str(tmp_path))
    with pytest.raises(ValueError, match=r'dataset\.folders is empty'):
        ImageFolder([])
    with pytest.raises(ValueError, match="'ignore'.*'stop' or 'skip'"):
        ImageFolder(str(tmp_path / 'full'), unreadable='ignore')


def test_seeded_draws_leave_the_global_generators_alone(tmp_path: Path) -> None:
    write(tmp_path / 'a.png')
    dataset = ImageFolder(str(tmp_path), [lambda sample: (random.random(), np.random.rand(), torch.rand(1).item())])

    def state() -> tuple:
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()

    before = state()
    first, again, other = dataset[Draw(0, 1)], dataset[Draw(0, 1)], dataset[Draw(0, 2)]
    assert first == again and not set(first) & set(other)
    assert state() == before
    assert dataset[0] != dataset[0] and state() != before  # plain indices draw on


def test_it_is_built_from_a_config_and_lazily(tmp_path: Path) -> None:
    dataset = DATASETS.build(
        dict(
            type='mmdecon.ImageFolder', folders=str(tmp_path), lazy_init=True, pipeline=[dict(type='mmdecon.LoadImage')]
        )
    )
    write(tmp_path / 'a.png', value=7)
    dataset.full_init()
    sample = dataset[0]
    assert sample['img_path'] == str(tmp_path / 'a.png') and sample['img_shape'] == (20, 30) == sample['ori_shape']
    assert np.array_equal(sample['img'], np.full((20, 30, 3), 7))
