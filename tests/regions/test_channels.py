"""Regions of images of any channels and dtype are those of the three bytes that are made of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmdecon.datasets import LoadRegions
from mmdecon.regions import Felzenszwalb, Grid, Slic
from mmdecon.regions.channels import as_photo, check_channels
from tests.support.colours import smooth_image

PHOTO = smooth_image()
RNG = np.random.default_rng(0)
MAKERS = (Felzenszwalb(scale=100, min_size=50), Slic(segments=16, compactness=1000.0))


def stack(dtype: str = 'uint16') -> np.ndarray:
    """Five bands: three are those of a photo, in another order, two are noise."""
    noise = RNG.integers(0, 9, (*PHOTO.shape[:2], 2))
    return np.concatenate([noise[..., :1], PHOTO[..., ::-1], noise[..., 1:]], axis=2).astype(dtype)


def stretched(plane: np.ndarray) -> np.ndarray:
    low, high = np.percentile(plane.astype(float), (1, 99))
    return np.rint(np.clip((plane - low) / (high - low), 0, 1) * 255)


def test_photos_are_as_they_were() -> None:
    assert as_photo(PHOTO, None, 'a.png')[0] is PHOTO
    assert 'channels' not in Felzenszwalb().options and 'channels' not in Slic().options
    assert Felzenszwalb(channels=(0, 1, 2)).options['channels'] == [0, 1, 2]


@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'int16', 'float32'])
def test_chosen_channels_are_stretched_by_percentiles(dtype: str) -> None:
    made, valid = as_photo(stack(dtype), [3, 2, 1], 'a.tif')
    assert valid is None and made.dtype == np.uint8
    expected = np.stack([stretched(plane) for plane in np.moveaxis(PHOTO, 2, 0)], axis=2)
    assert abs(made - expected).max() <= 1


def test_principal_components_keep_distances() -> None:
    mixed = PHOTO.astype(np.float32) @ RNG.normal(size=(3, 7)).astype(np.float32) * 50 + 1000
    made, _ = as_photo(mixed, 'pca', 'a.tif')
    inside = ((made > 0) & (made < 255)).all(axis=2)
    ours, theirs = made[inside].astype(float), mixed[inside].astype(float)
    pairs = RNG.integers(0, inside.sum(), (2, 500))
    ours, theirs = (np.linalg.norm(x[pairs[0]] - x[pairs[1]], axis=1) for x in (ours, theirs))
    ratio = ours[theirs > 500] / theirs[theirs > 500]
    assert ratio.std() / ratio.mean() < 0.05  # three bands mixed to seven have three components
    assert np.array_equal(made, as_photo(mixed.copy(), 'pca', 'a.tif')[0])
    two, _ = as_photo(mixed[..., :2], 'pca', 'a.tif')
    assert len(np.unique(two[..., 2])) == 1


@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'float32'])
def test_one_channel_is_repeated(dtype: str) -> None:
    made, _ = as_photo(PHOTO[..., :1].astype(dtype), None, 'a.tif')
    assert (made == made[..., :1]).all()
    assert np.array_equal(made[..., 0], PHOTO[..., 0] if dtype == 'uint8' else stretched(PHOTO[..., 0]))


@pytest.mark.parametrize('maker', MAKERS, ids=['felzenszwalb', 'slic'])
@pytest.mark.parametrize('channels', [[3, 2, 1], 'pca'])
def test_regions_are_those_of_the_bytes(maker: Any, channels: Any) -> None:
    options = {key: value for key, value in maker.options.items() if key != 'method'}
    image = stack()
    found = type(maker)(**options, channels=channels)(image, 'a.tif')
    assert np.array_equal(found, maker(as_photo(image, channels, 'a.tif')[0], 'a.tif')) and found.max() > 0


@pytest.mark.parametrize('maker', MAKERS, ids=['felzenszwalb', 'slic'])
def test_pixels_without_a_value_have_no_region(maker: Any) -> None:
    options = {key: value for key, value in maker.options.items() if key != 'method'}
    made = []
    for fill in (7.0, 1e6):
        image = stack('float32')
        image[:20], image[:20, :, 2] = fill, np.nan
        made.append(type(maker)(**options, channels='pca')(image, 'a.tif'))
    assert (made[0][:20] == -1).all() and (made[0][20:] >= 0).all() and np.array_equal(*made)
    image[:] = np.nan
    assert (type(maker)(**options, channels='pca')(image, 'a.tif') == -1).all()


def test_nodata_of_a_sample_counts_while_loading() -> None:
    image = stack()
    image[:20, :, 0] = 5000
    loader = LoadRegions(generator=dict(type='mmdecon.Felzenszwalb', scale=100, min_size=50, channels=[3, 2, 1]))
    regions = loader(dict(img=image, nodata=5000.0, name='a.tif'))['regions']
    assert (regions[:20] == -1).all() and (regions[20:] >= 0).all()
    assert (loader(dict(img=image, name='a.tif'))['regions'] >= 0).all()


def test_a_grid_takes_any_image() -> None:
    assert np.array_equal(Grid(n=3)(stack('float32'), 'a.tif'), Grid(n=3)(PHOTO, 'a.png'))
    with pytest.raises(ValueError, match=r'a\.tif is of shape \(4, 4\)'):
        Grid()(np.zeros((4, 4)), 'a.tif')


@pytest.mark.parametrize('wrong', [[0, 1], [0, 1, -1], 'rgb', [0, 1, 2.0], [0, 1, True]])
def test_wrong_channels_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match='Slic: channels is'):
        check_channels(wrong, 'Slic')


def test_images_that_need_the_option_are_refused() -> None:
    for image in (stack(), PHOTO.astype(np.uint16), np.where(PHOTO > 5, PHOTO, np.nan)):
        with pytest.raises(ValueError, match=r"a\.tif is .*channels=\[\.\.\.\] or channels='pca'"):
            Slic()(image, 'a.tif')
    with pytest.raises(ValueError, match=r'a\.tif has 5 channels, from 0, .*channels=\[0, 1, 5\]'):
        Slic(channels=[0, 1, 5])(stack(), 'a.tif')


def test_a_store_of_rasters_has_their_names_and_options(tmp_path: Path) -> None:
    pytest.importorskip('mmdecon.datasets.raster_folder')
    from mmdecon.regions import Job, RegionStore, make_store
    from mmdecon.regions.rasters import RasterImages

    folder = tmp_path / 'images'
    folder.mkdir()
    np.save(folder / 'a.npy', stack())
    rasters = RasterImages(str(folder), dict(bands=(3, 2, 1), axes='YXC', tile=50))
    generator = Slic(segments=4, channels=[0, 1, 2])
    make_store(Job(str(folder), generator, rasters=rasters), rasters.names, str(tmp_path / 'a.regions'))
    store = RegionStore(str(tmp_path / 'a.regions'))
    assert store.options['raster'] == dict(bands=[3, 2, 1], axes='YXC', tile=50) and len(store) == 4
    for name in rasters.names:
        image = rasters(name)
        assert np.array_equal(store.read(name, image.shape[:2]), generator(image, name))
