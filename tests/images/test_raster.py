"""LoadRaster's options, and windows that are read at lower resolution, against NumPy."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from mmdecon.images.block_means import BlockMeans, block_means
from mmdecon.images.errors import OversizedImage, UnreadableImage
from mmdecon.images.raster import LoadRaster
from mmdecon.images.tiling import in_order, tile_boxes
from tests.support.rasters import encoded, load, noise


def write(path: Path, pixels: np.ndarray, **how: object) -> str:
    planes = dict(planarconfig='contig') if pixels.shape[2] > 1 else {}
    pixels = pixels if planes else pixels[..., 0]
    tifffile.imwrite(path, pixels, photometric='minisblack', metadata=None, **planes, **how)
    return str(path)


def means(pixels: np.ndarray, k: int) -> np.ndarray:
    h, w, channels = pixels.shape
    return pixels.reshape(h // k, k, w // k, k, channels).mean((1, 3))


@pytest.mark.parametrize('how', [dict(tile=(64, 64)), dict(rowsperstrip=5, compression='zlib'), dict()])
@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'int32', 'float32'])
def test_large_crops_are_means_of_blocks(tmp_path: Path, how: dict, dtype: str) -> None:
    pixels = noise((700, 900, 2), dtype)
    path = write(tmp_path / 'a.tif', pixels, **how)
    boxes, size = [(10, 20, 890, 683), (300, 7, 500, 180), (5, 5, 95, 99)], (80, 90)
    cut, crops = encoded(path).cut(boxes, size)
    assert cut == [(10, 20, 890, 676), (300, 7, 500, 179), (5, 5, 95, 99)]
    for (left, top, right, bottom), k, crop in zip(cut, (8, 2, 1), crops):
        part = pixels[top:bottom, left:right]
        expected = means(part.astype(float), k)
        expected = np.rint(expected) if dtype != 'float32' else expected
        assert crop.dtype == dtype and crop.shape[0] >= 80 and crop.shape[1] >= 90
        np.testing.assert_allclose(crop, expected.astype(dtype), rtol=1e-6, atol=1e-4)


def test_tiles_of_a_page_are_windows(tmp_path: Path) -> None:
    pixels = noise((100, 130, 3), 'uint16')
    sample = dict(img_path=write(tmp_path / 'a.tif', pixels, tile=(32, 32)), window=(30, 11, 130, 91))
    tile = pixels[11:91, 30:130]
    whole = LoadRaster()(dict(sample))
    assert whole['img_shape'] == whole['ori_shape'] == (80, 100)
    np.testing.assert_array_equal(whole['img'], tile)
    image = LoadRaster(late=True)(dict(sample))['encoded']
    assert (image.shape, image.channels, image.dtype, image.path) == ((80, 100), 3, 'uint16', sample['img_path'])
    boxes = [(0, 0, 100, 80), (3, 5, 9, 11)]
    cut, crops = image.cut(boxes, (70, 70))
    assert cut == boxes
    np.testing.assert_array_equal(crops[0], tile)
    np.testing.assert_array_equal(crops[1], tile[5:11, 3:9])
    with pytest.raises(UnreadableImage, match=r'a\.tif cannot be read: no window \(0, 0, 131, 90\) of page 0'):
        LoadRaster()(dict(sample, window=(0, 0, 131, 90)))


def test_levels_are_read_inside_of_a_tile(tmp_path: Path) -> None:
    pixels = noise((512, 640, 1), 'uint16')
    with tifffile.TiffWriter(tmp_path / 'a.tif') as writer:
        how = dict(tile=(64, 64), photometric='minisblack', metadata=None)
        writer.write(pixels[..., 0], subifds=2, **how)
        for k in (2, 4):
            writer.write(pixels[::k, ::k, 0], subfiletype=1, **how)
    sample = dict(img_path=str(tmp_path / 'a.tif'), window=(130, 50, 530, 450))
    image = LoadRaster(late=True)(sample)['encoded']
    assert image.source.levels == (1, 2, 4)
    (box,), (crop,) = image.cut([(0, 1, 399, 400)], (90, 90))
    assert box == (2, 2, 398, 398)  # multiples of 4 in the page, and inside of the tile
    np.testing.assert_array_equal(crop[..., 0], pixels[52:448:4, 132:528:4, 0])
    (box, other), crops = image.cut([(0, 0, 400, 400), (10, 10, 110, 110)], (50, 50))
    assert box == (0, 0, 400, 400) and other == (10, 10, 110, 110)  # the level that the smaller crop allows
    np.testing.assert_array_equal(crops[1][..., 0], pixels[60:160:2, 140:240:2, 0])
    expected = np.rint(means(pixels[50:450:2, 130:530:2].astype(float), 4))
    np.testing.assert_array_equal(crops[0], expected)


def test_means_leave_out_nodata_and_nan() -> None:
    pixels = np.array([[7, 1, 7, 7], [2, 3, 7, 7]], np.uint16)[..., None]
    for rows in ([pixels], [pixels[:1], pixels[1:]]):
        part = BlockMeans(2, nodata=7)
        for some in rows:
            part.add(some)
        assert part.result().ravel().tolist() == [2, 7]
    real = np.where(pixels == 7, np.nan, pixels).astype(np.float32)
    part = BlockMeans(2)
    part.add(real)
    np.testing.assert_array_equal(part.result().ravel(), [2, np.nan])


def test_values_outside_of_a_range_are_refused_or_clipped(tmp_path: Path) -> None:
    pixels = np.array([[0, 100, 5000], [-9999, 4095, 7]], np.float32)
    pixels[0, 1] = np.nan
    np.save(tmp_path / 'a.npy', pixels)
    options = dict(value_range=(0, 4095), nodata=-9999)
    with pytest.raises(
        ValueError, match=r'a\.npy has values 5000\.0 to 5000\.0 outside of LoadRaster\.value_range=\(0, 4095\)'
    ):
        load(tmp_path / 'a.npy', **options)
    expected = np.array([[0, np.nan, 4095], [-9999, 4095, 7]], np.float32)
    np.testing.assert_array_equal(load(tmp_path / 'a.npy', outside='clip', **options)[..., 0], expected)
    (crop,) = encoded(tmp_path / 'a.npy', outside='clip', **options).cut([(0, 0, 3, 2)], (2, 2))[1]
    np.testing.assert_array_equal(crop[..., 0], expected)
    sample = LoadRaster(outside='clip', **options)(dict(img_path=str(tmp_path / 'a.npy')))
    assert sample['value_range'] == (0, 4095) and sample['nodata'] == -9999
    np.save(tmp_path / 'b.npy', noise((9, 9), 'uint8'))
    clipped = load(tmp_path / 'b.npy', value_range=(20.5, 300), outside='clip')
    assert clipped.dtype == 'uint8' and clipped.min() == 21
    sample = LoadRaster()(dict(img_path=str(tmp_path / 'b.npy')))
    assert sample['value_range'] == (0, 255) and 'nodata' not in sample


@pytest.mark.parametrize('dtype', ['int16', 'int32', 'float32', 'float64'])
@pytest.mark.parametrize('nodata', [0, 10])
def test_clipped_values_stay_measured(tmp_path: Path, dtype: str, nodata: int) -> None:
    pixels = np.array([[-3, 0, 1], [9, 10, 11]], dtype)
    np.save(tmp_path / 'a.npy', pixels)
    options = dict(value_range=(0, 10), nodata=nodata, outside='clip')
    found = load(tmp_path / 'a.npy', **options)[..., 0]
    assert ((found == nodata) == (pixels == nodata)).all()
    one = np.array(nodata, dtype)
    beside = one + np.sign(5 - one) if dtype.startswith('int') else np.nextafter(one, np.array(5, dtype))
    clipped = np.clip(pixels, 0, 10)
    np.testing.assert_array_equal(found, np.where((clipped == nodata) & (pixels != nodata), beside, clipped))
    (crop,) = encoded(tmp_path / 'a.npy', **options).cut([(0, 0, 3, 2)], (2, 3))[1]
    np.testing.assert_array_equal(crop[..., 0], found)


def test_a_range_of_nodata_alone_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / 'a.npy', np.array([[-3, 0]], np.int16))
    with pytest.raises(
        ValueError, match=r'LoadRaster\.value_range=\(0, 0\.5\) holds no value of int16, but for nodata'
    ):
        load(tmp_path / 'a.npy', value_range=(0, 0.5), nodata=0, outside='clip')


def test_infinite_pixels_have_no_value_and_are_not_clipped(tmp_path: Path) -> None:
    pixels = np.array([[np.inf, 1], [-np.inf, 3]], np.float32)
    np.save(tmp_path / 'a.npy', pixels)
    for outside in ('refuse', 'clip'):
        found = load(tmp_path / 'a.npy', value_range=(0, 2 if outside == 'clip' else 3), outside=outside)
        assert np.isinf(found[:, 0]).all() and found[:, 1, 0].tolist() == [1, 2 if outside == 'clip' else 3]


def test_nodata_of_a_file_that_is_no_number_is_named(tmp_path: Path) -> None:
    tag = (42113, 's', 0, 'n/a', True)
    tifffile.imwrite(tmp_path / 'a.tif', np.ones((4, 4), np.uint16), metadata=None, extratags=[tag])
    with pytest.raises(UnreadableImage, match=r"a\.tif cannot be read: its GDAL_NODATA is 'n/a' and not a number"):
        load(tmp_path / 'a.tif')


def test_nodata_is_compared_as_the_pixels_have_it(tmp_path: Path) -> None:
    path = tmp_path / 'a.tif'
    tag = (42113, 's', 0, '-3.4028235e+38', True)
    pixels = np.array([[np.finfo(np.float32).min, 1]], np.float32)
    tifffile.imwrite(path, pixels, metadata=None, extratags=[tag])
    sample = LoadRaster()(dict(img_path=str(path)))
    assert (sample['img'] == sample['nodata']).tolist() == [[[True], [False]]]


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(bands=[]), r'LoadRaster\.bands=\[\]: give numbers of channels'),
        (dict(bands=[-1]), r'LoadRaster\.bands=\[-1\]: give'),
        (dict(bands=3), r'LoadRaster\.bands=3: give numbers of channels'),
        (dict(channels='4'), r"LoadRaster\.channels='4': give a number"),
        (dict(value_range=4095), r'LoadRaster\.value_range=4095: give the lowest'),
        (dict(value_range=(0, None)), r'LoadRaster\.value_range=\(0, None\): give the lowest'),
        (dict(nodata=[0, 1]), r'LoadRaster\.nodata=\[0, 1\]: give a number'),
        (dict(bands=[0, 1], channels=3), r'LoadRaster\.bands=\[0, 1\] keeps 2, and LoadRaster\.channels=3'),
        (dict(pages='all'), r"LoadRaster\.pages='all': give one of None, images, channels, first"),
        (dict(white_is_zero=True), r'LoadRaster\.white_is_zero=True: give one of invert, keep'),
        (dict(value_range=(1, 1)), r'LoadRaster\.value_range=\(1, 1\): give the lowest'),
        (dict(outside='drop'), r"LoadRaster\.outside='drop': give 'refuse' or 'clip'"),
        (dict(nodata='none'), r"LoadRaster\.nodata='none': give a number, None, or 'file'"),
    ],
)
def test_wrong_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LoadRaster(**options)


def test_channels_are_checked_and_files_must_be_alike(tmp_path: Path) -> None:
    first, second = (
        write(tmp_path / 'a.tif', noise((9, 9, 4), 'uint16')),
        write(tmp_path / 'b.tif', noise((9, 9, 3), 'uint16')),
    )
    third = write(tmp_path / 'c.tif', noise((9, 9, 4), 'int16'))
    with pytest.raises(ValueError, match=r'a\.tif has 4 channels and not LoadRaster\.channels=3'):
        load(first, channels=3)
    with pytest.raises(ValueError, match=r'LoadRaster\.bands=\[4\]: .*a\.tif has 4 channels, 0 to 3'):
        load(first, bands=[4])
    step = LoadRaster()
    step(dict(img_path=first))
    for path, wrong in ((second, '3 channels of uint16'), (third, '4 channels of int16')):
        with pytest.raises(ValueError, match=rf'{Path(path).name} has {wrong}, .*a\.tif has 4 of uint16'):
            step(dict(img_path=path))
    step = LoadRaster(bands=[2, 0])
    step(dict(img_path=first))
    step(dict(img_path=second))


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / 'a.tif', noise((9, 9, 4), 'uint16'))
    monkeypatch.setattr('mmdecon.compat.find_spec', lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'mmdecon needs tifffile, .*pip install "mmdecon\[tiff\]"'):
        load(path)


def test_windows_of_images_that_are_too_large_to_decode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noise((100, 130, 1), 'uint8')
    path = write(tmp_path / 'a.tif', pixels, tile=(32, 32))
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', '5000')
    with pytest.raises(OversizedImage, match=r'a\.tif is too large, 130 x 100 pixels'):
        load(path)
    (crop,) = encoded(path).cut([(5, 6, 50, 60)], (40, 40))[1]
    np.testing.assert_array_equal(crop, pixels[6:60, 5:50])
    assert isinstance(LoadRaster().problem(path), OversizedImage)
    assert LoadRaster().problem(path, tile=(32, 0)).shape == LoadRaster(late=True).problem(path).shape == (100, 130)


@pytest.mark.parametrize('tile, overlap', [(4, 0), (4, 1), (7, 3), (20, 5)])
def test_tiles_cover_the_image(tile: int, overlap: int) -> None:
    seen = np.zeros((11, 17), int)
    boxes = tile_boxes(seen.shape, tile, overlap)
    for left, top, right, bottom in boxes:
        assert (right - left, bottom - top) == (min(tile, 17), min(tile, 11))
        seen[top:bottom, left:right] += 1
    assert seen.min() == 1 and len(set(boxes)) == len(boxes)


def test_repeated_positions_do_not_order_slices() -> None:
    assert in_order([((1.0, 3), 'a'), ((1.0, 1), 'b'), ((0.0, 2), 'c')]) == ['b', 'c', 'a']


def test_a_mean_of_measured_pixels_is_measured() -> None:
    block = np.array([[-1, 1], [-1, 1]], np.int16)[..., None]
    assert block_means(block, 2).item() == 0 and block_means(block, 2, nodata=0).item() == 1
    assert block_means(np.zeros((2, 2, 1), np.int16), 2, nodata=0).item() == 0
