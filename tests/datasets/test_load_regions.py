"""Regions reach the batch: from a store and from a generator, in planes, and cut as the image is."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate
from PIL import Image
from torch.utils.data import DataLoader

from mmdecon.datasets import ImageFolder, LoadRegions
from mmdecon.datasets.load_regions import choose_planes
from mmdecon.images.reading import UnreadableImage
from mmdecon.regions import Job, make_store
from mmdecon.registry import REGIONS
from tests.support.stores import names_of


@REGIONS.register_module()
class Pixels:
    """Regions of which each is a pixel: the id is its place; like the image's channels, but in 1 to 3 planes."""

    def __init__(self, most: int = 3) -> None:
        self.options = dict(method='pixels', most=most)

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        planes = 1 + image.shape[0] % self.options['most']
        place = np.arange(image.shape[0] * image.shape[1], dtype=np.int32).reshape(image.shape[:2])
        return np.stack([place + plane * place.size for plane in range(planes)], axis=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images whose channels say the row and the column of each pixel, some below a folder."""
    for number in range(6):
        rows, columns = np.mgrid[: 40 + number, : 50 - number]
        place = tmp_path / 'images' / ('sub' if number % 2 else '') / f'{number}.png'
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.stack([rows, columns, rows * 0], axis=2).astype(np.uint8)).save(place)
    return tmp_path / 'images'


@pytest.fixture
def store(folder: Path, tmp_path: Path) -> str:
    make_store(Job(str(folder), Pixels()), names_of(folder), str(tmp_path / 'a.regions'))
    return str(tmp_path / 'a.regions')


def dataset(folder: Path, scale: float = 0.3, **how: object) -> ImageFolder:
    views = dict(type='mmdecon.TwoViews', size=16, scale=(scale, 1.0), interpolation='nearest', backend='pillow')
    steps = [dict(type='mmdecon.LoadImage'), dict(type='mmdecon.LoadRegions', **how), views]
    return ImageFolder(str(folder), [*steps, dict(type='mmdecon.PackViews')])


@pytest.mark.parametrize('workers', [0, 2])
def test_regions_follow_crop_and_flip_exactly(folder: Path, store: str, workers: int) -> None:
    data = dataset(folder, store=store)
    sizes = [Image.open(data.get_data_info(index)['img_path']).size for index in range(6)]
    torch.manual_seed(0)
    loader = DataLoader(data, 6, num_workers=workers, collate_fn=default_collate)
    (batch,) = list(loader)
    flips = set()
    for view in batch['views']:
        assert view['regions'].shape == (6, 3, 16, 16) and view['regions'].dtype == torch.int32
        flips |= set(view['flipped'].tolist())
        for image, found, (width, height) in zip(view['image'], view['regions'], sizes):
            rows, columns = image[2].int(), image[1].int()  # BGR: red is the row, green the column
            planes = 1 + height % 3
            for plane in range(planes):
                assert torch.equal(found[plane], rows * width + columns + plane * width * height)
            assert (found[planes:] == -1).all()
    assert len(flips) == 2


def sample(folder: Path, name: str = '1.png') -> dict:
    data = ImageFolder(str(folder), [dict(type='mmdecon.LoadImage')])
    return next(data[index] for index in range(len(data)) if data[index]['name'].endswith(name))


def test_an_image_that_the_store_could_not_read_is_skipped_as_others(folder: Path, tmp_path: Path) -> None:
    whole = (folder / '0.png').read_bytes()
    (folder / '0.png').write_bytes(whole[:60])
    make_store(Job(str(folder), Pixels(), unreadable='skip'), names_of(folder), str(tmp_path / 'b.regions'))
    (folder / '0.png').write_bytes(whole)
    steps = [dict(type='mmdecon.LoadImage'), dict(type='mmdecon.LoadRegions', store=str(tmp_path / 'b.regions'))]
    with pytest.raises(UnreadableImage, match='b.regions has no regions of 0.png: the image could not be read'):
        ImageFolder(str(folder), steps)[0]
    assert ImageFolder(str(folder), steps, unreadable='skip')[0]['name'] == '2.png'


def test_the_name_is_the_path_below_the_folder(folder: Path) -> None:
    data = ImageFolder(str(folder))
    assert [data.get_data_info(index)['name'] for index in range(len(data))] == sorted(names_of(folder))


def test_a_store_and_its_generator_agree(folder: Path, store: str) -> None:
    for name in names_of(folder):
        item = sample(folder, name)
        made = LoadRegions(generator=dict(type='mmdecon.Pixels'), planes=3)(dict(item))['regions']
        np.testing.assert_array_equal(LoadRegions(store=store)(dict(item))['regions'], made)
    LoadRegions(store=store, generator=dict(type='mmdecon.Pixels'))
    with pytest.raises(ValueError, match=r'a.regions was made with the options .*"most": 3.*, but .*"most": 2'):
        LoadRegions(store=store, generator=dict(type='mmdecon.Pixels', most=2))


def test_planes_are_drawn_by_the_seed(folder: Path, store: str) -> None:
    item, load = sample(folder, '1.png'), LoadRegions(store=store, planes=2)
    whole = LoadRegions(store=store)(dict(item))['regions']
    assert (whole >= 0).all()
    drawn = []
    for seed in range(40):
        np.random.seed(seed)
        first = load(dict(item))['regions']
        np.random.seed(seed)
        np.testing.assert_array_equal(first, load(dict(item))['regions'])
        drawn.append(tuple(first[0, 0] // (whole[..., 0].size)))
    assert set(drawn) == {(0, 1), (0, 2), (1, 2)}
    few = np.zeros((2, 2, 1), np.int32)
    assert choose_planes(few, 3).tolist() == [[[0, -1, -1]] * 2] * 2 and choose_planes(few, 1) is few


@pytest.mark.parametrize(
    'how, message',
    [
        (dict(), "LoadRegions needs a store='...regions'"),
        (dict(generator=dict(type='mmdecon.Pixels'), planes=0), 'LoadRegions.planes=0'),
        (dict(generator=dict(type='mmdecon.Pixels'), empty='maybe'), "LoadRegions.empty='maybe'"),
        (dict(store='a', empty='keep'), "LoadRegions.empty='keep'"),
    ],
)
def test_invalid_arguments_are_refused(how: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LoadRegions(**how)


def test_samples_that_do_not_fit(folder: Path, store: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no store of regions at'):
        LoadRegions(store=str(tmp_path / 'none'))
    load, item = LoadRegions(store=store), sample(folder)
    with pytest.raises(ValueError, match=r'sub/1.png has 40 x 49 pixels, but its regions in .*a.regions have 41 x 49'):
        load(dict(item, img=item['img'][:40]))
    with pytest.raises(ValueError, match='a.regions has no regions of other.png'):
        load(dict(item, name='other.png'))
    with pytest.raises(ValueError, match="the sample has no 'name'"):
        load(dict(img=item['img']))
    load = LoadRegions(generator=dict(type='mmdecon.Pixels'))
    load(dict(item))
    with pytest.raises(ValueError, match='sub/3.png has 2 planes of regions, sub/1.png has 3'):
        load(sample(folder, '3.png'))
