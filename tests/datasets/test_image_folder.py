"""Folders are listed in one order on every machine, list files choose, and draws follow the seed."""

import os
import random
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from mmengine.logging import MMLogger

from mmdecon.datasets import ImageFolder, UnreadableImage
from mmdecon.datasets.sampler import Draw
from mmdecon.images.listing import list_images
from mmdecon.registry import DATASETS
from tests.support.image_files import names, truncate, write


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
    with pytest.raises(FileNotFoundError, match=r'JPEGImages \(dataset\.list_file\) is not a file'):
        ImageFolder('JPEGImages', data_root=str(tmp_path), list_file='JPEGImages')


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


def test_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    for name in ['a.png', '.ipynb_checkpoints/a-checkpoint.png', 'sub/.git/b.png', 'sub/b.png']:
        write(tmp_path / '.data' / name)
    assert names(ImageFolder(str(tmp_path / '.data')), tmp_path / '.data') == ['a.png', 'sub/b.png']


def test_a_folder_given_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ['data/a.png', 'data/sub/b.png', 'more/c.png']:
        write(tmp_path / name)
    os.symlink(tmp_path / 'data', tmp_path / 'link')
    os.symlink('../data/sub', tmp_path / 'more/linked')
    monkeypatch.chdir(tmp_path)
    assert names(ImageFolder(['data', str(tmp_path / 'data'), './data/', 'link']), tmp_path) == [
        'data/a.png',
        'data/sub/b.png',
    ]
    assert len(ImageFolder(['data', 'more', 'data/sub'])) == 3
    (tmp_path / 'list.txt').write_text('a\n')
    assert len(ImageFolder(['data', str(tmp_path / 'data')], list_file='list.txt')) == 1  # not named twice


def test_links_that_lead_nowhere_are_told(tmp_path: Path, warnings_of) -> None:
    write(tmp_path / 'a.png')
    for name in ['b.png', 'disk']:
        os.symlink('/unmounted/' + name, tmp_path / name)
    os.symlink('itself.jpg', tmp_path / 'itself.jpg')
    with pytest.raises(UnreadableImage, match=r'^2 of 3 images cannot be read: .*/b\.png.*/itself\.jpg'):
        ImageFolder(str(tmp_path))
    assert len(warnings_of()) == 1 and '1 links under' in warnings_of()[0] and 'such as disk' in warnings_of()[0]
    assert names(ImageFolder(str(tmp_path), unreadable='skip'), tmp_path) == ['a.png']


def test_links_in_a_circle_are_entered_once(tmp_path: Path) -> None:
    write(tmp_path / 'images/sub/a.png')
    os.symlink('..', tmp_path / 'images/sub/up')
    os.symlink(tmp_path / 'other', tmp_path / 'images/away')
    write(tmp_path / 'other/b.png')
    os.symlink(tmp_path / 'images', tmp_path / 'other/back')
    found = names(ImageFolder(str(tmp_path / 'images')), tmp_path / 'images')
    assert found == ['away/b.png', 'sub/a.png']
    assert list_images(str(tmp_path / 'images'), ['.png']) == found  # as for stores of regions


def test_files_of_other_endings_are_counted(tmp_path: Path) -> None:
    write(tmp_path / 'images/a.png')
    for name in ('b.HEIC', 'c.heic', 'd.txt', 'README', '.hidden'):
        (tmp_path / 'images' / name).touch()
    MMLogger.get_instance(f'others {tmp_path.name}', log_file=str(tmp_path / 'log'))
    assert len(ImageFolder(str(tmp_path / 'images'))) == 1
    said = (tmp_path / 'log').read_text()
    assert re.search(r'4 files under .* are left out, .*\(dataset.extensions\): 2 of \.heic, ', said)
    assert '1 of .txt' in said and '1 of no ending' in said


def test_names_that_are_no_text_can_be_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / os.fsdecode(b'caf\xe9')
    write(folder / 'a.png')
    for name in (b'b\xff.png', b'c\xff.jpg'):
        (folder / os.fsdecode(name)).write_bytes(b'')
    logger = MMLogger.get_instance(f'latin {tmp_path.name}', log_file=str(tmp_path / 'log'))
    assert MMLogger.get_current_instance() is logger
    dataset = ImageFolder(str(folder), unreadable='skip')
    assert len(dataset) == 1
    logged = (tmp_path / 'log').read_text()
    assert r'3 images under' in logged and r'caf\xe9' in logged and r'b\xff.png cannot be read: it is empty' in logged
    assert 'Logging error' not in capfd.readouterr().err
    with pytest.raises(UnreadableImage, match=r'b\\xff\.png') as error:
        ImageFolder(str(folder))
    str(error.value).encode()


@pytest.mark.parametrize('key', ['folders', 'data_root', 'list_file'])
def test_a_number_is_no_path(tmp_path: Path, key: str) -> None:
    options = {**dict(folders=str(tmp_path)), key: 2017}
    with pytest.raises(ValueError, match=rf"dataset\.{key}=.*2017.*: give a path as text, such as '2017'"):
        ImageFolder(**options)
    with pytest.raises(ValueError, match=r'dataset\.folders is empty'):
        ImageFolder('')


def test_a_folder_whose_name_has_a_comma(tmp_path: Path) -> None:
    write(tmp_path / 'a,b/a.png')
    assert len(ImageFolder(tmp_path / 'a,b')) == 1
    with pytest.raises(FileNotFoundError, match=r"/a,b is: a comma separates folders.*folders=\"'a,b'\""):
        ImageFolder(['a', 'b'], data_root=str(tmp_path))


def test_check_of_pixels_finds_damage_behind_the_header(tmp_path: Path) -> None:
    write(tmp_path / 'a.jpg')
    path = truncate(tmp_path / 'cut.jpg')
    assert len(ImageFolder(str(tmp_path))) == 2
    with pytest.raises(UnreadableImage, match=f'1 of 2 images cannot be read: {path}'):
        ImageFolder(str(tmp_path), check='pixels')
    with pytest.raises(ValueError, match=r"dataset\.check='all'"):
        ImageFolder(str(tmp_path), check='all')


@pytest.mark.parametrize('check', [True, 'pixels'])
def test_values_that_are_cut_to_bytes_are_told_once(tmp_path: Path, warnings_of, check: bool | str) -> None:
    for name in ['a.jpg', 'b.png', 'c.tif', 'd.webp', 'e.bmp', 'f.ppm', 'g.pgm']:
        write(tmp_path / f'bytes/{name}')
    values = (np.arange(600).reshape(20, 30) * 100).astype(np.uint16)
    wide = tmp_path / 'wide'
    wide.mkdir()
    for name, image in {
        'a.png': values,
        'b.png': np.stack([values] * 3, 2),
        'c.pgm': values,
        'd.ppm': np.stack([values] * 3, 2),
    }.items():
        assert cv2.imwrite(str(wide / name), image)
    how = dict(metadata=None, photometric='minisblack', planarconfig='contig')
    tifffile.imwrite(wide / 'e.tif', values, metadata=None)
    tifffile.imwrite(wide / 'f.tif', np.stack([values] * 4, 2), **how)  # Pillow knows no such file
    tifffile.imwrite(wide / 'g.tif', values.astype(np.int8), metadata=None)
    tifffile.imwrite(wide / 'h.tif', np.stack([values] * 4, 2), bigtiff=True, **how)
    load = [dict(type='mmdecon.LoadImage')]
    assert len(ImageFolder(str(tmp_path / 'bytes'), load, check=check)) == 7 and not warnings_of()
    dataset = ImageFolder(str(tmp_path), load, check=check)
    assert len(dataset) == 15 and dataset[7]['img'].dtype == np.uint8
    (told,) = warnings_of()
    assert told.startswith('8 of 15 images have more than 8 bits a channel') and 'mmdecon.LoadRaster' in told
    assert f'such as {wide}/a.png:' in told
    ImageFolder(str(tmp_path), check=check)  # no LoadImage reads them
    ImageFolder(str(tmp_path), load, check=False)
    ImageFolder(str(wide), [dict(type='mmdecon.LoadRaster')], list_file=listed(tmp_path, 'a.png\nc.pgm\ne.tif'))
    assert len(warnings_of()) == 1


def listed(folder: Path, text: str) -> str:
    (folder / 'list.txt').write_text(text)
    return str(folder / 'list.txt')


def test_a_tiff_that_only_the_other_reader_knows_names_it(tmp_path: Path) -> None:
    how = dict(photometric='minisblack', planarconfig='contig')
    tifffile.imwrite(tmp_path / 'a.tif', np.zeros((20, 30, 5), np.uint8), **how)
    with pytest.raises(UnreadableImage, match=r'a\.tif cannot be read: .*mmdecon\.LoadRaster reads floats'):
        ImageFolder(str(tmp_path))
