"""Images in tar shards, with the promises of a folder."""

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch.utils.data import DataLoader

from mmdecon.datasets import ImageFolder, ShardedImages, ViewSampler
from mmdecon.datasets.tar_index import SUFFIX
from mmdecon.images.errors import UnreadableImage
from mmdecon.images.reading import read_image

FOLDER = Path('tests/data/nuclei/JPEGImages')
NAMES = sorted(path.name for path in FOLDER.iterdir())[:7]
LOAD = [dict(type='mmdecon.LoadImage')]
VIEWS = [*LOAD, dict(type='mmdecon.TwoViews', size=32, scale=(0.2, 1.0)), dict(type='mmdecon.PackViews')]


def write(path: Path, names: list[str], **others: bytes) -> str:
    """A shard with images and what else stands beside each."""
    with tarfile.open(path, 'w') as tar:
        for name in names:
            tar.add(FOLDER / name, name)
            for ending, content in others.items():
                info = tarfile.TarInfo(f'{name.partition(".")[0]}.{ending}')
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return str(path)


@pytest.fixture
def shards(tmp_path: Path) -> list[str]:
    return [
        write(tmp_path / 'train-0.tar', NAMES[:4], json=b'{}', cls=b'3'),
        write(tmp_path / 'train-1.tar', NAMES[4:], txt=b'a' * 700),
    ]


def test_pixels_are_those_of_the_files(shards: list[str]) -> None:
    dataset = ShardedImages(shards, pipeline=LOAD, check='pixels')
    assert [sample['name'] for sample in dataset.data_list] == NAMES
    for sample, name in zip(dataset, NAMES):
        assert np.array_equal(sample['img'], read_image(str(FOLDER / name)))
    assert dataset[5]['img_path'] == f'{shards[1]}::{NAMES[5]}' and dataset[5]['number'] == 5


def test_webdataset_reads_the_same(shards: list[str]) -> None:
    webdataset = pytest.importorskip('webdataset', reason='webdataset is not installed: pip install webdataset')
    theirs = [sample['png'] for sample in webdataset.WebDataset(shards, shardshuffle=False)]
    ours = ShardedImages(shards)
    assert [ours.content_of(ours.get_data_info(i)) for i in range(len(ours))] == theirs


def views(dataset: Any, workers: int = 0, rank: int = 0, processes: int = 1) -> list[dict[str, Any]]:
    sampler = ViewSampler(dataset, seed=5)
    sampler.rank, sampler.world_size = rank, processes
    sampler.num_samples = -(-len(dataset) // processes)
    sampler.total_size = sampler.num_samples * processes
    loader = DataLoader(dataset, 2, sampler=sampler, num_workers=workers)
    return [views for batch in loader for views in batch['views']]


def test_views_are_those_of_a_folder(shards: list[str], tmp_path: Path) -> None:
    (tmp_path / 'list.txt').write_text('\n'.join(NAMES))
    wanted = views(ImageFolder(str(FOLDER), VIEWS, list_file=str(tmp_path / 'list.txt')))
    for workers in (0, 2):
        given = views(ShardedImages(shards, VIEWS), workers)
        assert len(given) == len(wanted)
        for ours, theirs in zip(given, wanted):
            assert all(np.array_equal(ours[key], theirs[key]) for key in ('image', 'box', 'flipped'))


def test_processes_share_the_images(shards: list[str]) -> None:
    dataset = ShardedImages(shards[:1], VIEWS)
    boxes = [{tuple(box) for view in views(dataset, 2, rank, 2) for box in view['box'].tolist()} for rank in (0, 1)]
    assert len(boxes[0] | boxes[1]) == 8 and not boxes[0] & boxes[1]  # two views of each of four images


class TestIndex:
    def test_it_is_made_once(self, shards: list[str], monkeypatch) -> None:
        first = [dict(sample) for sample in ShardedImages(shards).data_list]
        assert all(os.path.exists(shard + SUFFIX) for shard in shards)
        monkeypatch.setattr(tarfile, 'open', lambda *_, **__: pytest.fail('the shard is scanned again'))
        assert [dict(sample) for sample in ShardedImages(shards).data_list] == first

    def test_of_another_content_it_is_made_anew(self, shards: list[str], tmp_path: Path) -> None:
        ShardedImages(shards)
        write(tmp_path / 'train-1.tar', NAMES[5:])
        assert [sample['name'] for sample in ShardedImages(shards).data_list] == NAMES[:4] + NAMES[5:]

    def test_a_damaged_one_is_made_anew(self, shards: list[str]) -> None:
        ShardedImages(shards)
        Path(shards[0] + SUFFIX).write_bytes(b'PK\3\4 nothing')
        assert len(ShardedImages(shards)) == 7

    def test_long_names_and_links(self, tmp_path: Path) -> None:
        path, name = tmp_path / 'a.tar', 'd' * 120 + '/Ä.png'
        with tarfile.open(path, 'w', format=tarfile.PAX_FORMAT) as tar:
            tar.add(FOLDER / NAMES[0], name)
            link = tarfile.TarInfo('link.png')
            link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
            tar.addfile(link)
        dataset = ShardedImages(str(path), LOAD)
        sample = dataset[0]
        assert len(dataset) == 1
        assert sample['name'] == name and np.array_equal(sample['img'], read_image(str(FOLDER / NAMES[0])))


class TestRefusals:
    @pytest.mark.parametrize('left', [0.3, 0.7, 'end'])
    def test_a_shard_that_is_cut_short(self, shards: list[str], left: Any) -> None:
        content = Path(shards[0]).read_bytes()
        Path(shards[0]).write_bytes(content.rstrip(b'\0') if left == 'end' else content[: int(left * len(content))])
        with pytest.raises(UnreadableImage, match=r'train-0\.tar.*(cut short|cannot be read as a tar)'):
            ShardedImages(shards)

    def test_one_that_is_cut_short_later(self, shards: list[str]) -> None:
        dataset = ShardedImages(shards, LOAD, check=False)
        os.truncate(shards[1], 1000)
        with pytest.raises(UnreadableImage, match=rf'train-1\.tar::{NAMES[4]} cannot be read: its shard is cut short'):
            dataset[4]

    def test_no_tar(self, tmp_path: Path, shards: list[str]) -> None:
        (tmp_path / 'x.tar').write_bytes(b'hello' * 500)
        with pytest.raises(UnreadableImage, match=r"x\.tar cannot be read as a tar behind 'nothing'"):
            ShardedImages(str(tmp_path / 'x.tar'))
        with pytest.raises(FileNotFoundError, match=r'y\.tar \(dataset\.shards\)'):
            ShardedImages('y.tar', data_root=str(tmp_path))
        with pytest.raises(ValueError, match=rf"{tmp_path} \(dataset\.shards\) is a folder.* such as '{tmp_path}/\{{0"):
            ShardedImages(str(tmp_path) + '/')

    def test_damaged_members_are_named(self, tmp_path: Path) -> None:
        path = tmp_path / 'a.tar'
        with tarfile.open(path, 'w') as tar:
            tar.add(FOLDER / NAMES[0], NAMES[0])
            info = tarfile.TarInfo('broken.png')
            info.size = 200
            tar.addfile(info, io.BytesIO((FOLDER / NAMES[1]).read_bytes()[:200]))
        with pytest.raises(UnreadableImage, match=r'1 of 2 images cannot be read: .*a\.tar::broken\.png'):
            ShardedImages(str(path), check='pixels')
        dataset = ShardedImages(str(path), LOAD, unreadable='skip', check=False)
        assert dataset[1]['name'] == NAMES[0]

    def test_names(self, tmp_path: Path, shards: list[str]) -> None:
        with pytest.raises(ValueError, match=f'two images are named {NAMES[0]!r}, in .*train-0.tar and .*again.tar'):
            ShardedImages([*shards, write(tmp_path / 'again.tar', NAMES[:1])])
        double = write(tmp_path / 'double.tar', NAMES[:1], jpg=b'')
        with pytest.raises(ValueError, match=r'two images of one sample, .*\.png.* and .*\.jpg.*dataset\.extensions'):
            ShardedImages(double)
        with pytest.raises(ValueError, match='has no images: no member ends in .webp'):
            ShardedImages(shards, extensions='.webp')
        masks = write(tmp_path / 'masks.tar', NAMES[:1], **{'seg.png': b'x'})
        assert [sample['name'] for sample in ShardedImages(masks).data_list] == NAMES[:1]


class TestAddresses:
    pytest.importorskip('webdataset', reason='webdataset is not installed: pip install webdataset')

    def test_braces(self, shards: list[str], tmp_path: Path) -> None:
        assert len(ShardedImages('train-{0..1}.tar', data_root=str(tmp_path))) == 7

    def test_a_copy_is_made_once(self, shards: list[str], tmp_path: Path) -> None:
        copies = tmp_path / 'copies'
        given = [f'pipe:cat {shards[0]}', shards[1]]
        assert [sample['name'] for sample in ShardedImages(given, LOAD, str(copies)).data_list] == NAMES
        os.remove(shards[0])
        assert len(ShardedImages(given, cache_dir=str(copies))) == 7
        with pytest.raises(ValueError, match=r'is not local: set dataset\.cache_dir'):
            ShardedImages(given)

    @pytest.mark.parametrize('command', ['false', 'echo not found', 'head -c 3000 {}'])
    def test_nothing_is_kept_of_a_failure(self, shards: list[str], tmp_path: Path, command: str) -> None:
        with pytest.raises(UnreadableImage, match='dataset.shards'):
            ShardedImages(f'pipe:{command.format(shards[0])}', cache_dir=str(tmp_path / 'copies'))
        assert not list((tmp_path / 'copies').iterdir())
