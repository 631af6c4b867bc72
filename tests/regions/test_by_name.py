"""Each image has regions of its own, or both candidates are named before any work."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import ConcatDataset, RepeatDataset
from PIL import Image

from mmdecon.datasets import ImageFolder, SeededDraws
from mmdecon.datasets.joined_regions import require_own_regions
from mmdecon.evaluation.samples import open_folder
from mmdecon.regions import BSDS, CocoInstances, Grid, Job, LabelFolder, Proposals, RegionStore, make_store
from mmdecon.regions.compare import compare

POLYGON = [[1, 1, 6, 1, 6, 5, 1, 5]]
NAMES = ['train/1.png', 'val/1.png']


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An image of one name in each of two folders."""
    for name in NAMES:
        (tmp_path / 'data' / name).parent.mkdir(parents=True)
        Image.new('RGB', (8, 6)).save(tmp_path / 'data' / name)
    return tmp_path / 'data'


def coco(path: Path, *names: str) -> str:
    images = [dict(id=n, file_name=name, height=6, width=8) for n, name in enumerate(names)]
    parts = [dict(id=n, image_id=n, segmentation=POLYGON, category_id=1) for n in range(len(names))]
    path.write_text(json.dumps(dict(images=images, annotations=parts, categories=[dict(id=1, name='x')])))
    return str(path)


def data(*folders: Path, **regions: object) -> ImageFolder:
    return ImageFolder([str(folder) for folder in folders], [dict(type='mmdecon.LoadRegions', **regions)])


def test_two_folders_and_one_store(folder: Path, tmp_path: Path) -> None:
    make_store(Job(str(folder / 'train'), Grid(2)), ['1.png'], str(tmp_path / 'a'))
    assert len(data(folder / 'train', store=str(tmp_path / 'a'))) == 1
    both = r'data/train/1.png and .*data/val/1.png would both get 1.png in .*a: leave one out, or give the folder above'
    with pytest.raises(ValueError, match=both):
        data(folder / 'train', folder / 'val', store=str(tmp_path / 'a'))
    assert len(data(folder / 'train', folder / 'val', generator=dict(type='mmdecon.Grid'))) == 2
    make_store(Job(str(folder), Grid(2)), NAMES, str(tmp_path / 'b'))
    assert len(data(folder, store=str(tmp_path / 'b'))) == 2


def test_joined_datasets_and_one_store(folder: Path, tmp_path: Path) -> None:
    for name in ('a', 'b'):
        make_store(Job(str(folder / 'train'), Grid(2)), ['1.png'], str(tmp_path / name))
    parts = [data(folder / part, store=str(tmp_path / 'a')) for part in ('train', 'val')]
    with pytest.raises(ValueError, match=r'train/1.png and .*val/1.png would both get 1.png in'):
        require_own_regions(SeededDraws(ConcatDataset(parts)))
    with pytest.raises(ValueError, match=r'train/1.png and .*val/1.png would both get 1.png in'):
        require_own_regions(torch.utils.data.ConcatDataset([RepeatDataset(parts[0], 2), parts[1]]))
    require_own_regions(ConcatDataset([parts[0], parts[0]]))
    require_own_regions(ConcatDataset([parts[0], data(folder / 'val', store=str(tmp_path / 'b'))]))


def test_images_that_the_store_lacks(folder: Path, tmp_path: Path) -> None:
    make_store(Job(str(folder), Grid(2)), NAMES[:1], str(tmp_path / 'a'))
    with pytest.raises(ValueError, match='a has no regions of val/1.png, only those of 1 other images'):
        data(folder, store=str(tmp_path / 'a'))
    list_file = tmp_path / 'list.txt'
    list_file.write_text('train/1')
    steps = [dict(type='mmdecon.LoadRegions', store=str(tmp_path / 'a'))]
    assert len(ImageFolder(str(folder), steps, list_file=str(list_file))) == 1
    assert len(ImageFolder(str(folder), steps, indices=1)) == 1


def test_one_entry_of_a_coco_file_for_two_images(folder: Path, tmp_path: Path) -> None:
    human, out = CocoInstances(coco(tmp_path / 'c.json', '1.png')), tmp_path / 'out'
    both = r'train/1.png and .*val/1.png would both get 1.png in .*c.json'
    with pytest.raises(ValueError, match=both):
        make_store(Job(str(folder), human), NAMES, str(out))
    with pytest.raises(ValueError, match=both):
        compare(dict(grid=Grid(2)), human, NAMES, str(folder))
    with pytest.raises(ValueError, match=both):
        data(folder, generator=dict(type='mmdecon.CocoInstances', ann_file=human.ann_file))
    assert not list(tmp_path.glob('out*'))
    make_store(Job(str(folder), human), NAMES[:1], str(out))
    assert RegionStore(str(out)).counts['regions'] == 1


def test_an_entry_of_a_file_beside(folder: Path, tmp_path: Path) -> None:
    human = CocoInstances(coco(tmp_path / 'c.json', 'train/1.png'))
    with pytest.raises(ValueError, match=r'c.json is of .*data/train/1.png, not of .*data/val/1.png'):
        make_store(Job(str(folder / 'val'), human), ['1.png'], str(tmp_path / 'a'))
    make_store(Job(str(folder / 'train'), human), ['1.png'], str(tmp_path / 'b'))
    (folder / 'train').rename(tmp_path / 'photos')  # another name of the folder is no other image
    make_store(Job(str(tmp_path / 'photos'), human), ['1.png'], str(tmp_path / 'c'))


def test_two_entries_for_one_image(folder: Path, tmp_path: Path) -> None:
    human = CocoInstances(coco(tmp_path / 'c.json', *NAMES))
    for ask in (human.__contains__, human.read):
        with pytest.raises(ValueError, match='^1.png may be train/1.png or val/1.png of .*c.json'):
            ask('1.png')
    make_store(Job(str(folder), human), NAMES, str(tmp_path / 'a'))


def test_images_that_differ_in_their_extension(folder: Path, tmp_path: Path) -> None:
    Image.new('RGB', (8, 6)).save(folder / 'train/1.jpg')
    for ending in ('png', 'mat', 'json'):
        (tmp_path / f'labels/{ending}').mkdir(parents=True)
        (tmp_path / f'labels/{ending}/1.{ending}').touch()
    for kind, ending in ((LabelFolder, 'png'), (BSDS, 'mat'), (Proposals, 'json')):
        reader = kind(str(tmp_path / 'labels' / ending))
        with pytest.raises(ValueError, match=rf'train/1.jpg and .*train/1.png would both get .*1.{ending}'):
            make_store(Job(str(folder / 'train'), reader), ['1.jpg', '1.png'], str(tmp_path / 'out'))
    Image.new('L', (8, 6)).save(tmp_path / 'labels/png/1.png')
    with pytest.raises(ValueError, match=r'1.jpg and 1.png would both get .*png/1.png'):
        open_folder(str(folder / 'train'), str(tmp_path / 'labels/png'))


def test_a_missing_mask_is_named_before_the_work(folder: Path, tmp_path: Path) -> None:
    (tmp_path / 'labels/train').mkdir(parents=True)
    Image.fromarray(np.zeros((6, 8), np.uint8)).save(tmp_path / 'labels/train/1.png')
    with pytest.raises(ValueError, match=r'val/1.png has no mask, there is no file .*labels/val/1.png'):
        make_store(Job(str(folder), LabelFolder(str(tmp_path / 'labels'))), NAMES, str(tmp_path / 'out'))
    assert not (tmp_path / 'out.partial').exists()
