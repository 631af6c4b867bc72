"""Files that scikit-image ships, against its own reading, imagecodecs', tifffile's and NumPy's."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from mmdecon.images.errors import UnreadableImage
from tests.support.rasters import from_memory, load

skimage = pytest.importorskip('skimage', reason='scikit-image, of the extra "test", is not installed')
DATA = Path(skimage.__file__).parent / 'data'
DEEP = 'chessboard_RGB.png'  # 16 bits a channel, of which scikit-image reads eight
PHOTOS = sorted({path.name for path in DATA.glob('*') if path.suffix in ('.png', '.jpg')} - {DEEP})


def test_photos_keep_their_channels() -> None:
    channels = set()
    for name in PHOTOS:
        expected = skimage.io.imread(DATA / name)
        expected = expected.reshape(*expected.shape[:2], -1)
        for image in (load(DATA / name), from_memory(DATA / name)):
            assert image.dtype == expected.dtype, name
            np.testing.assert_array_equal(image, expected, name)
        channels.add(expected.shape[2])
    assert channels == {1, 3, 4}


def test_colours_of_sixteen_bits_keep_them() -> None:
    expected = imagecodecs.png_decode((DATA / DEEP).read_bytes())
    assert expected.dtype == np.uint16 and expected.shape == (200, 200, 3)
    found = load(DATA / DEEP)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found >> 8, skimage.io.imread(DATA / DEEP))


def test_pages_are_images_channels_or_the_first() -> None:
    path = DATA / 'multipage.tif'
    expected = tifffile.imread(path)
    assert expected.shape == (2, 15, 10)
    np.testing.assert_array_equal(load(path, pages='channels'), expected.transpose(1, 2, 0))
    np.testing.assert_array_equal(load(path, pages='first')[..., 0], expected[0])
    for page in range(2):
        np.testing.assert_array_equal(load(path, page, pages='images')[..., 0], skimage.io.imread(path)[page])
    with pytest.raises(ValueError, match=r"multipage\.tif has 2 pages .*set LoadRaster\.pages='images'"):
        load(path)


def test_planar_floats_of_several_pages() -> None:
    path = DATA / 'multipage_rgb.tif'
    expected = tifffile.imread(path)  # pages, channels, rows, columns
    assert expected.shape == (2, 3, 10, 10) and expected.dtype == np.float64
    for page in range(2):
        found = load(path, page, pages='images')
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, expected[page].transpose(1, 2, 0))
    np.testing.assert_array_equal(load(path, pages='channels'), expected.reshape(6, 10, 10).transpose(1, 2, 0))
    np.testing.assert_array_equal(load(path, pages='channels', bands=[4])[..., 0], expected[1, 1])


def test_a_disparity_map_with_infinite_pixels() -> None:
    expected = np.load(DATA / 'motorcycle_disp.npz')['arr_0']
    assert np.isinf(expected).any()
    for options in ({}, dict(key='arr_0')):
        found = load(DATA / 'motorcycle_disp.npz', **options)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found[..., 0], expected)


def test_an_array_of_many_small_images() -> None:
    path, expected = DATA / 'lfw_subset.npy', np.load(DATA / 'lfw_subset.npy')
    for page in (0, 7, 199):
        np.testing.assert_array_equal(load(path, page, axes='ZYX')[..., 0], expected[page])
    np.testing.assert_array_equal(load(path, axes='CYX'), expected.transpose(1, 2, 0))
    with pytest.raises(ValueError, match=r'lfw_subset\.npy is an array of 200 x 25 x 25 .*LoadRaster\.axes'):
        load(path)


def test_a_gif_is_of_no_kind_that_is_read() -> None:
    with pytest.raises(UnreadableImage, match=r'no_time_for_that_tiny\.gif .* no kind that is read: JPEG, PNG'):
        load(DATA / 'no_time_for_that_tiny.gif')
