"""pydicom's own files, against pydicom's own reading."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

from mmdecon.images.errors import UnreadableImage
from mmdecon.images.raster import LoadRaster
from tests.support.rasters import encoded, from_memory, load

GREY = (  # and the dtype after slope and intercept
    ('CT_small', 'int32'),
    ('MR_small', 'int16'),
    ('MR_small_bigendian', 'int16'),
    ('MR_small_RLE', 'int16'),
    ('MR_small_padded', 'int16'),
    ('examples_overlay', 'uint16'),
    ('JPEG2000', 'int16'),
    ('J2K_pixelrep_mismatch', 'int16'),
    ('693_J2KI', 'int32'),
    ('liver_1frame', 'uint8'),
)
COLOUR = ('SC_rgb_small_odd', 'SC_rgb_small_odd_big_endian', 'SC_rgb_jpeg_dcmtk', 'SC_rgb_rle_16bit', 'examples_jpeg2k')
FRAMES = ('rtdose', 'rtdose_rle', 'SC_rgb_rle_32bit_2frame', 'examples_ybr_color')


def find(name: str) -> str:
    path = get_testdata_file(f'{name}.dcm', download=False)
    assert path, name
    return str(path)


@pytest.mark.parametrize('name, dtype', GREY)
def test_grey_values_are_in_their_units(name: str, dtype: str) -> None:
    path = find(name)
    expected = apply_modality_lut(pixel_array(path), pydicom.dcmread(path))
    for image in (load(path), from_memory(path)):
        assert image.dtype == dtype and image.shape == (*expected.shape, 1)
        np.testing.assert_array_equal(image[..., 0], expected)
    (crop,) = encoded(path).cut([(3, 5, 50, 60)], (9, 9))[1]
    np.testing.assert_array_equal(crop[..., 0], expected[5:60, 3:50])


@pytest.mark.parametrize('name', COLOUR)
def test_colours_are_rgb(name: str) -> None:
    np.testing.assert_array_equal(load(find(name)), pixel_array(find(name)))


def test_palettes_become_rgb() -> None:
    path = find('examples_palette')
    expected = apply_color_lut(pixel_array(path), pydicom.dcmread(path))
    for image in (load(path), from_memory(path)):
        assert image.dtype == expected.dtype
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize('name', FRAMES)
def test_frames_are_pages(name: str) -> None:
    path, frames = find(name), pixel_array(find(name))
    for page in (0, len(frames) - 1):
        np.testing.assert_array_equal(load(path, page=page), frames[page].reshape(*frames.shape[1:3], -1))
    if frames.ndim == 3:
        np.testing.assert_array_equal(load(path, pages='channels'), np.moveaxis(frames, 0, -1))


def changed(path: Path, name: str = 'MR_small', **tags: Any) -> Path:
    """A file with other tags."""
    file = pydicom.dcmread(find(name))
    for tag, value in tags.items():
        setattr(file, tag, value)
        if tag.startswith('PixelPadding'):
            file[tag].VR = 'US'
    file.save_as(path)
    return path


def test_slope_and_intercept_that_are_no_whole_numbers(tmp_path: Path) -> None:
    path = changed(tmp_path / 'a.dcm', RescaleSlope='0.25', RescaleIntercept='-3')
    image = load(path)
    assert image.dtype == 'float32'
    np.testing.assert_array_equal(image[..., 0], pixel_array(path) * 0.25 - 3)


def test_monochrome1_is_inverted_within_the_stored_bits(tmp_path: Path) -> None:
    path = changed(tmp_path / 'a.dcm', 'examples_overlay', PhotometricInterpretation='MONOCHROME1', PixelPaddingValue=0)
    raw = pixel_array(path)
    sample = LoadRaster()(dict(img_path=str(path)))
    np.testing.assert_array_equal(sample['img'][..., 0], 4095 - raw)
    assert sample['value_range'] == (0, 4095) and sample['nodata'] == 4095 and sample['img'].dtype == 'uint16'
    sample = LoadRaster(white_is_zero='keep')(dict(img_path=str(path)))
    np.testing.assert_array_equal(sample['img'][..., 0], raw)
    assert sample['nodata'] == 0
    path = changed(tmp_path / 'b.dcm', 'CT_small', PhotometricInterpretation='MONOCHROME1')
    np.testing.assert_array_equal(load(path)[..., 0], -1 - pixel_array(path).astype(int) - 1024)


def test_padding_is_nodata_in_the_units_of_the_values(tmp_path: Path) -> None:
    sample = LoadRaster()(dict(img_path=find('CT_small')))
    assert sample['nodata'] == -3024 and sample['value_range'] == (-32768 - 1024, 32767 - 1024)
    path = changed(tmp_path / 'a.dcm', PixelPaddingValue=500, PixelPaddingRangeLimit=600)
    raw = pixel_array(path)
    assert ((raw > 500) & (raw <= 600)).any()
    sample = LoadRaster()(dict(img_path=str(path)))
    np.testing.assert_array_equal(sample['img'][..., 0], np.where((raw >= 500) & (raw <= 600), 500, raw))
    assert sample['nodata'] == 500


def test_a_table_of_values_is_applied(tmp_path: Path) -> None:
    table = pydicom.Dataset()
    table.add_new('LUTDescriptor', 'US', [4096, 0, 16])
    table.add_new('LUTData', 'US', list(range(8190, -2, -2)))
    table.ModalityLUTType = 'US'
    path = changed(tmp_path / 'a.dcm', 'examples_overlay', ModalityLUTSequence=[table])
    np.testing.assert_array_equal(load(path)[..., 0], 8190 - 2 * pixel_array(path))


@pytest.mark.parametrize('name', ['MR_truncated', 'test-SR', 'JPEGLSNearLossless_16', 'rtstruct'])
def test_files_that_cannot_be_decoded_are_named(name: str) -> None:
    with pytest.raises(UnreadableImage, match=rf'{name}\.dcm cannot be read'):
        load(find(name))


@pytest.mark.parametrize('part', [0.1, 0.5, 0.95])
@pytest.mark.parametrize('name', ['MR_small', 'MR_small_RLE', 'rtdose', 'examples_jpeg2k'])
def test_files_that_are_cut_short_are_refused(tmp_path: Path, name: str, part: float) -> None:
    content = Path(find(name)).read_bytes()
    (tmp_path / 'a.dcm').write_bytes(content[: int(len(content) * part)])
    with pytest.raises(UnreadableImage, match=r'a\.dcm cannot be read'):
        load(tmp_path / 'a.dcm', page=14 if name == 'rtdose' else 0)
