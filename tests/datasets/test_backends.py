"""Images in back ends of mmengine, read as those on a disk are."""

import http.server
import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmengine.dataset import worker_init_fn
from torch.utils.data import DataLoader

from mmdecon.datasets import ImageFolder, ViewSampler
from mmdecon.images.errors import UnreadableImage
from mmdecon.images.load_image import LoadImage
from mmdecon.images.reading import read_image
from mmdecon.registry import TRANSFORMS

lmdb = pytest.importorskip('lmdb', reason='lmdb is not installed: pip install lmdb')
FOLDER = Path('tests/data/nuclei/JPEGImages')
NAMES = sorted(path.name for path in FOLDER.iterdir())[:6]
VIEWS = [
    dict(type='mmdecon.LoadImage', late=True),
    dict(type='mmdecon.TwoViews', size=32, scale=(0.2, 1.0)),
    dict(type='mmdecon.PackViews'),
]


@pytest.fixture
def store(tmp_path: Path) -> dict[str, Any]:
    """A database with the images, and a list of them."""
    with lmdb.open(str(tmp_path / 'images.lmdb'), map_size=2**28) as env, env.begin(write=True) as txn:
        for name in NAMES:
            txn.put(f'train/{name}'.encode(), (FOLDER / name).read_bytes())
    (tmp_path / 'list.txt').write_text('\n'.join(NAMES))
    backend = dict(backend='lmdb', db_path=str(tmp_path / 'images.lmdb'))
    return dict(folders='train', list_file=str(tmp_path / 'list.txt'), backend_args=backend)


def test_pixels_are_those_of_the_files(store: dict[str, Any]) -> None:
    dataset = ImageFolder(**store, pipeline=[dict(type='mmdecon.LoadImage')], check='pixels')
    assert len(dataset) == len(NAMES)
    for sample, name in zip(dataset, NAMES):
        assert sample['img_path'] == f'train/{name}' and sample['name'] == name and 'content' not in sample
        assert np.array_equal(sample['img'], read_image(str(FOLDER / name)))


def loaded(dataset: ImageFolder, workers: int) -> list[dict[str, Any]]:
    sampler = ViewSampler(dataset, seed=5)
    options = dict(worker_init_fn=partial(worker_init_fn, num_workers=workers, rank=0, seed=0)) if workers else {}
    return [
        view
        for batch in DataLoader(dataset, 2, sampler=sampler, num_workers=workers, **options)
        for view in batch['views']
    ]


def test_views_are_those_of_the_files_with_any_number_of_workers(store: dict[str, Any], tmp_path: Path) -> None:
    on_disk = ImageFolder(str(FOLDER), pipeline=VIEWS, list_file=store['list_file'])
    wanted = loaded(on_disk, 0)
    for workers in (0, 2):
        given = loaded(ImageFolder(**store, pipeline=VIEWS), workers)
        assert len(given) == len(wanted)
        for ours, theirs in zip(given, wanted):
            assert all(np.array_equal(ours[key], theirs[key]) for key in ('image', 'box', 'flipped'))


def test_what_is_missing_is_named(store: dict[str, Any], tmp_path: Path) -> None:
    Path(store['list_file']).write_text('\n'.join([*NAMES, 'lost.jpg']))
    with pytest.raises(UnreadableImage, match=r"1 of 7 images cannot be read: train/lost.jpg .* 'lmdb' has nothing of"):
        ImageFolder(**store)
    assert len(ImageFolder(**store, unreadable='skip')) == 6
    dataset = ImageFolder(**store, unreadable='skip', check=False, pipeline=VIEWS[:1])
    assert dataset[6]['img_path'] == f'train/{NAMES[0]}'
    with pytest.raises(ValueError, match="'lmdb' lists no files: name them in dataset.list_file"):
        ImageFolder(**dict(store, list_file=None))
    for list_file in ('absent.txt', str(tmp_path)):
        with pytest.raises(FileNotFoundError, match=rf'{list_file} \(dataset\.list_file\) is not a file; .* working'):
            ImageFolder(**dict(store, list_file=list_file))
    with pytest.raises(ValueError, match='names no back end'):
        ImageFolder('train', backend_args=dict(db_path='x'))
    with pytest.raises(ValueError, match='in a back end it names those of one folder'):
        ImageFolder(**dict(store, folders=['a', 'b']))


def test_a_back_end_that_lists(tmp_path: Path) -> None:
    local = ImageFolder(str(FOLDER), backend_args=dict(backend='local'), check=False)
    plain = ImageFolder(str(FOLDER), check=False)
    assert [sample['img_path'] for sample in local.data_list] == [sample['img_path'] for sample in plain.data_list]
    with pytest.raises(ValueError, match='no images under .* nothing ends in .xyz'):
        ImageFolder(str(FOLDER), backend_args=dict(backend='local'), extensions='.xyz')


def test_other_datasets_read_through_the_transform(store: dict[str, Any]) -> None:
    load: LoadImage = TRANSFORMS.build(dict(type='mmdecon.LoadImage', backend_args=store['backend_args']))
    image = load.transform(dict(img_path=f'train/{NAMES[0]}'))['img']
    assert np.array_equal(image, read_image(str(FOLDER / NAMES[0])))


def test_http(store: dict[str, Any]) -> None:
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(FOLDER))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f'http://127.0.0.1:{server.server_port}'
        options = dict(store, folders=address, backend_args=dict(backend='http'))
        dataset = ImageFolder(**options, pipeline=[dict(type='mmdecon.LoadImage')])
        assert np.array_equal(dataset[2]['img'], read_image(str(FOLDER / NAMES[2])))
        server.shutdown()
