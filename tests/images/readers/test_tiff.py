"""TIFF of every dtype, number of bands, order and layout, against tifffile's own reading."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage
import tifffile

from mmdecon.images.errors import UnreadableImage
from mmdecon.images.orientation import turn
from mmdecon.images.readers.layout import AmbiguousImage
from tests.support.rasters import encoded, from_memory, load, noise

H, W = 45, 70
LAYOUTS = (
    dict(),
    dict(compression='zlib', rowsperstrip=7),
    dict(tile=(16, 32)),
    dict(tile=(32, 16), compression='zlib', predictor=True, bigtiff=True),
    dict(compression='lzw', rowsperstrip=1, byteorder='>'),
)
KINDS = [  # each dtype, number of bands and layout several times, not all products
    (dtype, (1, 2, 3, 4, 8, 13)[(n + m) % 6], LAYOUTS[m], ('contig', 'separate')[n % 2])
    for n, dtype in enumerate(('uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'float64', 'float16'))
    for m in range(len(LAYOUTS))
    if not (dtype == 'float16' and 'predictor' in LAYOUTS[m])
]


def write(path: Path, pixels: np.ndarray, planes: str = 'contig', **how: Any) -> Path:
    """Writes (H, W, C) as one page."""
    bands = pixels.shape[2]
    stored = pixels if planes == 'contig' else np.moveaxis(pixels, -1, 0)
    if bands > 1:
        how = dict(how, planarconfig=planes, extrasamples=['unspecified'] * (bands - 1))
    else:
        stored = pixels[..., 0]
    tifffile.imwrite(path, stored, photometric='minisblack', metadata=None, **how)
    return path


@pytest.mark.parametrize('dtype, bands, how, planes', KINDS)
def test_every_kind_is_as_the_library_reads_it(tmp_path: Path, dtype: str, bands: int, how: dict, planes: str) -> None:
    pixels = noise((H, W, bands), dtype)
    path = write(tmp_path / 'a.tif', pixels, planes, **how)
    expected = tifffile.imread(path).reshape((H, W, bands) if planes == 'contig' or bands == 1 else (bands, H, W))
    expected = expected if planes == 'contig' or bands == 1 else np.moveaxis(expected, 0, -1)
    for image in (load(path), from_memory(path)):
        assert image.dtype == dtype and image.dtype.isnative and image.flags.c_contiguous
        np.testing.assert_array_equal(image, expected)
        np.testing.assert_array_equal(image, pixels)
    boxes = [(3, 5, 40, 44), (33, 0, 70, 45), (0, 17, 1, 18)]
    cut, crops = encoded(path).cut(boxes, (40, 40))
    assert cut == boxes
    for (left, top, right, bottom), crop in zip(boxes, crops):
        np.testing.assert_array_equal(crop, pixels[top:bottom, left:right])
    chosen = [bands - 1, 0]
    np.testing.assert_array_equal(load(path, bands=chosen), pixels[..., chosen])


@pytest.mark.parametrize('how', [dict(), dict(compression='zlib'), dict(ome=True), dict(imagej=True)])
def test_axes_say_what_pages_are(tmp_path: Path, how: dict) -> None:
    stack = noise((3, 2, H, W), 'uint16')
    axes = {} if 'compression' in how or not how else dict(metadata=dict(axes='ZCYX'))
    path = tmp_path / 'a.tif'
    tifffile.imwrite(path, stack, photometric='minisblack', **{**dict(metadata=None), **axes}, **how)
    if axes:
        for z in range(3):
            np.testing.assert_array_equal(load(path, page=z), np.moveaxis(stack[z], 0, -1))
            np.testing.assert_array_equal(from_memory(path, page=z), np.moveaxis(stack[z], 0, -1))
        with pytest.raises(ValueError, match=r'a\.tif holds 3 images: list them with mmdecon\.RasterFolder'):
            load(path)
    else:
        with pytest.raises(AmbiguousImage, match=r"a\.tif has 6 pages.*LoadRaster\.pages='images', 'channels'"):
            load(path)
        np.testing.assert_array_equal(load(path, page=4, pages='images')[..., 0], stack[2, 0])
    np.testing.assert_array_equal(load(path, pages='channels'), np.moveaxis(stack.reshape(6, H, W), 0, -1))
    np.testing.assert_array_equal(load(path, pages='first', bands=[0])[..., 0], stack[0, 0])


def test_pages_of_rgb_are_channels_or_images(tmp_path: Path) -> None:
    stack = noise((3, H, W, 3), 'uint8')
    tifffile.imwrite(tmp_path / 'a.tif', stack, photometric='rgb', metadata=None, compression='zlib')
    np.testing.assert_array_equal(load(tmp_path / 'a.tif', page=1, pages='images'), stack[1])
    expected = np.concatenate(list(stack), -1)
    np.testing.assert_array_equal(load(tmp_path / 'a.tif', pages='channels'), expected)
    np.testing.assert_array_equal(load(tmp_path / 'a.tif', pages='channels', bands=[7, 3, 7]), expected[..., [7, 3, 7]])


def test_images_of_several_kinds_in_one_file_are_refused_or_the_first_is_read(tmp_path: Path) -> None:
    first, other = noise((H, W), 'uint16'), noise((9, 8, 3), 'uint8')
    with tifffile.TiffWriter(tmp_path / 'a.tif') as writer:
        writer.write(first)
        writer.write(other, photometric='rgb')
    with pytest.raises(
        AmbiguousImage, match=r"holds 2 images of different kinds \(YX 45x70, YXS 9x8x3\).*pages='first'"
    ):
        load(tmp_path / 'a.tif')
    np.testing.assert_array_equal(load(tmp_path / 'a.tif', pages='first')[..., 0], first)
    with tifffile.TiffWriter(tmp_path / 'b.tif') as writer:
        writer.write(first)
        writer.write(first[::-1])
    np.testing.assert_array_equal(load(tmp_path / 'b.tif', page=1, pages='images')[..., 0], first[::-1])


@pytest.mark.parametrize('name', ['multipage.tif', 'multipage_rgb.tif'])
def test_real_stacks(name: str) -> None:
    path = Path(skimage.__file__).parent / 'data' / name
    whole = tifffile.imread(path)
    whole = np.moveaxis(whole, 1, -1) if whole.ndim == 4 else whole[..., None]
    for page, expected in enumerate(whole):
        np.testing.assert_array_equal(load(path, page=page, pages='images'), expected)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_orientation_is_applied_to_windows_too(tmp_path: Path, orientation: int) -> None:
    pixels = noise((H, W, 3), 'uint16')
    tag = (274, 'H', 1, orientation, True)
    path = tmp_path / 'a.tif'
    tifffile.imwrite(path, pixels, photometric='rgb', tile=(16, 16), metadata=None, extratags=[tag])
    expected = turn(pixels, orientation)
    np.testing.assert_array_equal(load(path), expected)
    _, (crop,) = encoded(path).cut([(11, 7, 41, 40)], (30, 30))
    np.testing.assert_array_equal(crop, expected[7:40, 11:41])


def test_white_and_palettes_are_as_opencv_shows_them(tmp_path: Path) -> None:
    grey = noise((H, W), 'uint8')
    path = tmp_path / 'a.tif'
    tifffile.imwrite(path, grey, photometric='miniswhite', compression='zlib', metadata=None)
    np.testing.assert_array_equal(load(path)[..., 0], cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
    np.testing.assert_array_equal(load(path, white_is_zero='keep')[..., 0], grey)
    colours = noise((3, 256), 'uint16')
    tifffile.imwrite(path, grey, photometric='palette', colormap=colours, metadata=None)
    np.testing.assert_array_equal(load(path), cv2.imread(str(path), cv2.IMREAD_COLOR_RGB))
    np.testing.assert_array_equal(load(path, bands=[2]), cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)[..., 2:])
    tifffile.imwrite(path, grey.astype('float32'), photometric='miniswhite', metadata=None)
    with pytest.raises(AmbiguousImage, match=r"a\.tif says.*float32.*white_is_zero='keep'"):
        load(path)


def test_fewer_bits_tell_the_range(tmp_path: Path) -> None:
    from mmdecon.images.raster import LoadRaster

    binary = noise((H, W), 'uint8') > 99
    tifffile.imwrite(tmp_path / 'a.tif', binary, metadata=None, photometric='minisblack')
    sample = LoadRaster()(dict(img_path=str(tmp_path / 'a.tif')))
    assert sample['value_range'] == (0, 1) and sample['img'].dtype == 'uint8'
    np.testing.assert_array_equal(sample['img'][..., 0], binary)


def test_twelve_bits_are_read(tmp_path: Path) -> None:
    from mmdecon.images.raster import LoadRaster

    twelve = noise((H, W), 'uint16') >> 4
    try:
        tifffile.imwrite(tmp_path / 'b.tif', twelve, metadata=None, bitspersample=12)
    except TypeError:
        pytest.skip('this imagecodecs is too old for this tifffile to write 12 bits')
    sample = LoadRaster()(dict(img_path=str(tmp_path / 'b.tif')))
    assert sample['value_range'] == (0, 4095)
    np.testing.assert_array_equal(sample['img'][..., 0], twelve)


def test_jpeg_tiles_are_as_the_library_reads_them(tmp_path: Path) -> None:
    smooth = cv2.GaussianBlur(noise((H, W, 3), 'uint8'), (0, 0), 4)
    path = tmp_path / 'a.tif'
    tifffile.imwrite(path, smooth, photometric='rgb', compression='jpeg', tile=(16, 16), metadata=None)
    np.testing.assert_array_equal(load(path), tifffile.imread(path))


@pytest.mark.parametrize('how', LAYOUTS)
@pytest.mark.parametrize('part', [0.03, 0.5, 0.97])
def test_files_that_are_cut_short_are_refused(tmp_path: Path, how: dict, part: float) -> None:
    path = write(tmp_path / 'whole.tif', noise((H, W, 2), 'uint16'), **how)
    content = path.read_bytes()
    (tmp_path / 'cut.tif').write_bytes(content[: int(len(content) * part)])
    with pytest.raises(UnreadableImage, match=r'cut\.tif cannot be read'):
        load(tmp_path / 'cut.tif')
    (tmp_path / 'cut.tif').write_bytes(b'II*\0')
    with pytest.raises(UnreadableImage, match=r'cut\.tif cannot be read'):
        load(tmp_path / 'cut.tif')


@pytest.mark.parametrize('part', [0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize('compression', [None, 'zlib'])
def test_pages_are_not_lost_where_a_stack_is_cut_short(tmp_path: Path, part: float, compression: str | None) -> None:
    stack = noise((6, H, W), 'uint16')
    tifffile.imwrite(tmp_path / 'a.tif', stack, photometric='minisblack', metadata=None, compression=compression)
    content = (tmp_path / 'a.tif').read_bytes()
    (tmp_path / 'a.tif').write_bytes(content[: int(len(content) * part)])
    with pytest.raises(UnreadableImage, match=r'a\.tif cannot be read'):
        load(tmp_path / 'a.tif', page=0, pages='images')


def test_damaged_tiles_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / 'a.tif', noise((H, W, 1), 'uint16'), tile=(16, 16), compression='zlib')
    with tifffile.TiffFile(path) as file:
        at, count = file.pages[0].dataoffsets[3], file.pages[0].databytecounts[3]
    content = bytearray(path.read_bytes())
    content[at : at + count] = bytes(255 - byte for byte in content[at : at + count])
    path.write_bytes(content)
    with pytest.raises(UnreadableImage, match=r'a\.tif cannot be read'):
        load(path)
    _, (crop,) = encoded(path).cut([(0, 0, 16, 16)], (16, 16))  # which the damage is not in
    assert crop.shape == (16, 16, 1)


def test_kinds_without_a_dtype_of_ours_are_named(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / 'a.tif', np.ones((4, 4), np.complex64), metadata=None)
    with pytest.raises(UnreadableImage, match=r'a\.tif has pixels of complex64: convert them to one of uint8, int8'):
        load(tmp_path / 'a.tif')
    tifffile.imwrite(tmp_path / 'b.tif', np.ones((32, 32, 32), np.uint8), volumetric=True, tile=(16, 16, 16))
    with pytest.raises(UnreadableImage, match=r'b\.tif cannot be read: its tiles are volumetric'):
        load(tmp_path / 'b.tif')
