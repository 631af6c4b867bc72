"""Every kind of image file becomes BGR of three channels and 8 bits."""

import os
import struct
from pathlib import Path
from zlib import compress

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdecon.datasets import ImageFolder, LoadImage, LoadRegions
from mmdecon.evaluation.samples import read_labels
from mmdecon.images.errors import OversizedImage, UnreadableImage
from mmdecon.images.header import read_header
from mmdecon.images.orientation import ORIENTATION
from mmdecon.images.reading import check_image, read_image, read_values
from mmdecon.regions.annotations import read_png
from tests.support.image_files import truncate

RNG = np.random.default_rng(0)


def test_every_colour_type_becomes_three_channels_of_bytes(tmp_path: Path) -> None:
    grey, alpha = RNG.integers(0, 256, (9, 7), dtype=np.uint8), RNG.integers(0, 256, (9, 7, 4), dtype=np.uint8)
    deep = RNG.integers(0, 2**16, (9, 7), dtype=np.uint16)
    Image.fromarray(grey).save(tmp_path / 'grey.png')
    Image.fromarray(alpha).save(tmp_path / 'rgba.png')
    Image.fromarray(deep).save(tmp_path / 'deep.png')
    Image.fromarray(deep).save(tmp_path / 'deep.tif')
    cv2.imwrite(str(tmp_path / 'deep_colour.png'), np.stack([deep] * 3, axis=2))
    cv2.imwrite(str(tmp_path / 'deep_colour.tif'), np.stack([deep] * 3, axis=2))  # a format unknown to some Pillows
    Image.fromarray(alpha[..., :3]).quantize(200).save(tmp_path / 'palette.png')
    Image.fromarray(alpha[..., :3]).convert('CMYK').save(tmp_path / 'cmyk.jpg')
    Image.fromarray(grey).save(tmp_path / 'grey.jpg')
    dataset = ImageFolder(str(tmp_path), [LoadImage()])
    images = {os.path.basename(sample['img_path']): sample['img'] for sample in map(dataset.__getitem__, range(9))}
    assert {image.shape for image in images.values()} == {(9, 7, 3)}
    assert {image.dtype for image in images.values()} == {np.dtype(np.uint8)}
    assert np.array_equal(images['grey.png'], np.stack([grey] * 3, axis=2))
    assert np.array_equal(images['rgba.png'], alpha[..., 2::-1])
    for name in ['deep.png', 'deep.tif', 'deep_colour.png', 'deep_colour.tif']:
        assert abs(images[name] - np.stack([deep / 257] * 3, axis=2)).max() <= 1, name


def test_jpegs_are_decoded_as_pillow_does_and_turned_upright(tmp_path: Path) -> None:
    picture = cv2.resize(RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8), (60, 40), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(picture).save(tmp_path / 'a.jpg')
    assert np.array_equal(read_image(str(tmp_path / 'a.jpg')), np.asarray(Image.open(tmp_path / 'a.jpg'))[..., ::-1])
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    Image.fromarray(picture).save(tmp_path / 'b.jpg', exif=exif)
    upright = np.rot90(read_image(str(tmp_path / 'a.jpg')), -1)
    assert np.array_equal(read_image(str(tmp_path / 'b.jpg')), upright)


TURNS = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: np.rot90(image, 2).swapaxes(0, 1),
    8: lambda image: np.rot90(image),
}


@pytest.mark.parametrize('orientation', TURNS)
@pytest.mark.parametrize('ending', ['jpg', 'png', 'webp', 'tif'])
def test_every_format_is_turned_upright(tmp_path: Path, ending: str, orientation: int) -> None:
    picture = Image.fromarray(RNG.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    options = dict(lossless=True) if ending == 'webp' else {}
    picture.save(tmp_path / f'stored.{ending}', **options)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture.save(tmp_path / f'turned.{ending}', exif=exif, **options)
    stored, turned = (read_image(str(tmp_path / f'{name}.{ending}')) for name in ('stored', 'turned'))
    assert np.array_equal(turned, TURNS[orientation](stored)) and turned.flags.c_contiguous
    data = ImageFolder(str(tmp_path), [LoadImage(late=True), LoadRegions(generator=dict(type='mmdecon.Grid', n=2))])
    sample = data[1]  # regions are of the upright image
    assert sample['img_shape'] == turned.shape[:2] == sample['regions'].shape[:2]
    assert np.array_equal(sample['img'], turned)


def test_a_png_with_its_tags_behind_its_pixels_is_turned_too(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(RNG.integers(0, 256, (9, 7, 3), dtype=np.uint8)).save(tmp_path / 'a.png', exif=exif)
    content = (tmp_path / 'a.png').read_bytes()
    start = content.index(b'eXIf') - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], 'big')
    (tmp_path / 'b.png').write_bytes(content[:start] + content[end:-12] + content[start:end] + content[-12:])
    before, behind = (read_image(str(tmp_path / name)) for name in ('a.png', 'b.png'))
    assert np.array_equal(before, behind) and behind.shape == (7, 9, 3)


@pytest.mark.parametrize('orientation', TURNS)
def test_tiles_of_a_tiff_are_turned_with_it(tmp_path: Path, orientation: int) -> None:
    """OpenCV turns some tiles in place."""
    tiles = RNG.integers(0, 256, (2, 3, 16, 16), dtype=np.uint8)
    picture = tiles.swapaxes(1, 2).reshape(32, 48)
    path = tmp_path / 'a.tif'
    path.write_bytes(tiled_tiff(tiles, orientation))
    assert np.array_equal(read_image(str(path)), TURNS[orientation](np.stack([picture] * 3, axis=2)))


def tiled_tiff(tiles: np.ndarray, orientation: int) -> bytes:
    """A grey TIFF of compressed tiles (rows, columns, 16, 16), which Pillow does not write."""
    parts = [compress(tile.tobytes()) for tile in tiles.reshape(-1, 16, 16)]
    count, places = len(parts), np.cumsum([8, *map(len, parts)])
    end = int(places[-1])
    tags = [(256, 48), (257, 32), (258, 8), (259, 8), (262, 1), (274, orientation), (277, 1), (322, 16), (323, 16)]
    entries = [struct.pack('<HHLL', tag, 4 if tag in (256, 257) else 3, 1, value) for tag, value in tags]
    entries += [struct.pack('<HHLL', tag, 4, count, end + 4 * count * number) for number, tag in enumerate((324, 325))]
    arrays = struct.pack(f'<{2 * count}L', *places[:-1], *map(len, parts))
    folder = struct.pack('<H', len(entries)) + b''.join(entries) + bytes(4)
    return struct.pack('<2sHL', b'II', 42, end + len(arrays)) + b''.join(parts) + arrays + folder


@pytest.mark.parametrize('ending', ['jpg', 'png', 'webp', 'tif', 'bmp', 'ppm'])
def test_every_format_has_one_bound_on_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path = str(tmp_path / f'a.{ending}')
    Image.new('RGB', (30, 20)).save(path)
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', '599')
    match = rf'{path} is too large, 30 x 20 pixels, and OPENCV_IO_MAX_IMAGE_PIXELS is 599; make it smaller, or set this'
    with pytest.raises(OversizedImage, match=match):
        read_image(path)
    with pytest.raises(UnreadableImage, match=r"^1 of 1 images .* starts\. Set dataset\.unreadable='skip'"):
        ImageFolder(str(tmp_path))  # repairing or removing it is no advice
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_PIXELS', '1KB')
    assert read_image(path).shape == (20, 30, 3) and check_image(path) is None
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_WIDTH', '29')
    assert 'OPENCV_IO_MAX_IMAGE_WIDTH is 29' in str(check_image(path))
    monkeypatch.setenv('OPENCV_IO_MAX_IMAGE_WIDTH', 'wide')
    with pytest.raises(ValueError, match="OPENCV_IO_MAX_IMAGE_WIDTH is 'wide'"):
        check_image(path)


def test_pillows_bound_on_pixels_is_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would refuse a JPEG of 189 megapixels, and take a PNG."""
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 100)
    for ending in ('jpg', 'png', 'tif'):
        path = str(tmp_path / f'a.{ending}')
        Image.new('L', (30, 20)).save(path)
        assert check_image(path) is None and read_image(path).shape == (20, 30, 3)
    assert read_values(str(tmp_path / 'a.png')).shape == (20, 30)


@pytest.mark.parametrize('kind', ['float', 'animation'])
def test_kinds_that_only_the_decoder_can_judge_are_decoded_by_the_check(tmp_path: Path, kind: str) -> None:
    """Their headers are fine; whether training reads them depends on OpenCV."""
    picture = Image.fromarray(RNG.integers(0, 256, (9, 7), dtype=np.uint8))
    path = str(tmp_path / ('a.tif' if kind == 'float' else 'a.webp'))
    if kind == 'float':
        picture.convert('F').save(path)
    else:
        picture.save(path, save_all=True, append_images=[picture.rotate(90)])
    with open(path, 'rb') as file:
        assert not read_header(file, path).plain
    try:
        found = read_image(path).shape == (9, 7, 3)
    except UnreadableImage:
        found = False
    assert (check_image(path) is None) == found


def test_raw_values_name_a_broken_file(tmp_path: Path) -> None:
    path = truncate(tmp_path / 'a.png')
    with pytest.raises(UnreadableImage, match=path):
        read_values(path)
    with pytest.raises(ValueError, match=f'the mask {path} cannot be read'):
        read_png(path, 'a.jpg')
    with pytest.raises(ValueError, match=path):
        read_labels(Path(path), [255])
