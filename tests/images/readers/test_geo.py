"""Satellites' files: JPEG 2000 and GeoTIFF, against rasterio's own reading."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning

from mmdecon.images.errors import UnreadableImage
from mmdecon.images.raster import LoadRaster
from tests.support.rasters import encoded, from_memory, load, noise

H, W = 300, 420  # GeoTIFF; JPEG 2000 decodes slowly


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', NotGeoreferencedWarning)
        yield


def write(path: Path, pixels: np.ndarray, **how: object) -> None:
    """Writes (H, W, C) as bands."""
    height, width, count = pixels.shape
    with rasterio.open(path, 'w', height=height, width=width, count=count, dtype=pixels.dtype, **how) as file:
        file.write(np.moveaxis(pixels, -1, 0))


@pytest.mark.parametrize('dtype, bands', [('uint8', 3), ('uint16', 4), ('int16', 1), ('uint16', 13)])
def test_jpeg_2000_is_as_the_library_reads_it(tmp_path: Path, dtype: str, bands: int) -> None:
    pixels, path = noise((H, W, bands), dtype), tmp_path / 'a.jp2'
    write(path, pixels, driver='JP2OpenJPEG', QUALITY='100', REVERSIBLE='YES', BLOCKXSIZE=128, BLOCKYSIZE=128)
    for image in (load(path), from_memory(path)):
        assert image.dtype == dtype
        np.testing.assert_array_equal(image, pixels)
    boxes = [(100, 120, 200, 260), (250, 10, 420, 300)]
    cut, crops = encoded(path, bands=[bands - 1, 0]).cut(boxes, (100, 100))
    assert cut == boxes
    np.testing.assert_array_equal(crops[0], pixels[120:260, 100:200, [bands - 1, 0]])
    np.testing.assert_array_equal(crops[1], pixels[10:300, 250:420, [bands - 1, 0]])


def test_resolutions_of_jpeg_2000_are_levels(tmp_path: Path) -> None:
    pixels, path = noise((600, 800, 1), 'uint16'), tmp_path / 'a.jp2'
    write(path, pixels, driver='JP2OpenJPEG', QUALITY='100', REVERSIBLE='YES', BLOCKXSIZE=256, BLOCKYSIZE=256)
    image = encoded(path)
    ((left, top, right, bottom),), (crop,) = image.cut([(1, 3, 799, 599)], (150, 150))
    with rasterio.open(path, overview_level=1) as file:
        assert file.shape == (150, 200)
        expected = file.read(1)
    assert image.source.levels[:3] == (1, 2, 4)
    assert (left, top, right, bottom) != (1, 3, 799, 599)
    k = (right - left) // crop.shape[1]
    assert k in (2, 4)
    if k == 4:
        np.testing.assert_array_equal(crop[..., 0], expected[top // 4 : bottom // 4, left // 4 : right // 4])


@pytest.mark.parametrize('part', [0.001, 0.3, 0.9])
def test_jpeg_2000_that_is_cut_short_is_refused(tmp_path: Path, part: float) -> None:
    write(tmp_path / 'a.jp2', noise((H, W, 1), 'uint16'), driver='JP2OpenJPEG', QUALITY='100', REVERSIBLE='YES')
    content = (tmp_path / 'a.jp2').read_bytes()
    (tmp_path / 'a.jp2').write_bytes(content[: int(len(content) * part)])
    with pytest.raises(UnreadableImage, match=r'a\.jp2 cannot be read'):
        load(tmp_path / 'a.jp2')


@pytest.mark.parametrize('interleave', ['pixel', 'band'])
@pytest.mark.parametrize('dtype', ['uint16', 'float32'])
def test_geotiff_with_nodata_mask_and_overviews(tmp_path: Path, interleave: str, dtype: str) -> None:
    pixels, path = noise((H, W, 4), dtype), tmp_path / 'a.tif'
    nodata = -9999.5 if dtype == 'float32' else 7
    how = dict(tiled=True, blockxsize=64, blockysize=64, compress='deflate', nodata=nodata, interleave=interleave)
    write(path, pixels, driver='GTiff', **how)
    with rasterio.open(path, 'r+') as file:
        file.build_overviews([2, 4], Resampling.average)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, 'r+') as file:
        file.write_mask(np.full((H, W), 255, np.uint8))
    sample = LoadRaster()(dict(img_path=str(path)))
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(sample['img'], np.moveaxis(file.read(), 0, -1))
    assert sample['nodata'] == nodata
    assert sample.get('value_range') == ((0, 65535) if sample['img'].dtype == 'uint16' else None)
    ((left, top, right, bottom),), (crop,) = encoded(path).cut([(9, 14, 419, 298)], (70, 70))
    assert (left, top, right, bottom) == (8, 12, 416, 296)
    with rasterio.open(path, overview_level=1) as file:
        np.testing.assert_array_equal(
            crop, np.moveaxis(file.read(), 0, -1)[top // 4 : bottom // 4, left // 4 : right // 4]
        )
    assert 'nodata' not in LoadRaster(nodata=None)(dict(img_path=str(path)))
    assert LoadRaster(nodata=3)(dict(img_path=str(path)))['nodata'] == 3


def test_tiles_that_a_file_leaves_out_are_nodata(tmp_path: Path) -> None:
    path = tmp_path / 'a.tif'
    how = dict(tiled=True, blockxsize=64, blockysize=64, compress='deflate', nodata=7, SPARSE_OK=True)
    with rasterio.open(path, 'w', driver='GTiff', height=H, width=W, count=1, dtype='uint16', **how) as file:
        file.write(np.full((64, 64), 9, np.uint16), 1, window=((0, 64), (64, 128)))
    with rasterio.open(path) as file:
        expected = file.read(1)
    assert set(np.unique(expected)) == {7, 9}
    np.testing.assert_array_equal(load(path)[..., 0], expected)
