"""Photos keep all bits and channels of the file, against Pillow's and OpenCV's own reading."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image

from mmdecon.images.errors import UnreadableImage
from mmdecon.images.load_image import LoadImage
from tests.support.rasters import encoded, from_memory, load, noise

SHAPE = 45, 70


@pytest.mark.parametrize('dtype', ['uint8', 'uint16'])
@pytest.mark.parametrize('channels', [1, 3, 4])
def test_png_keeps_all_bits(tmp_path: Path, dtype: str, channels: int) -> None:
    pixels = noise((*SHAPE, channels), dtype)
    bgr = pixels[..., [0] if channels == 1 else [2, 1, 0, 3][:channels]]
    cv2.imwrite(str(tmp_path / 'a.png'), bgr)
    for image in (load(tmp_path / 'a.png'), from_memory(tmp_path / 'a.png')):
        assert image.dtype == dtype and image.flags.c_contiguous
        np.testing.assert_array_equal(image, pixels)
    boxes = [(3, 5, 40, 44), (33, 0, 70, 45)]
    cut, crops = encoded(tmp_path / 'a.png', bands=[channels - 1]).cut(boxes, (10, 10))
    assert cut == boxes
    np.testing.assert_array_equal(crops[1], pixels[0:45, 33:70, -1:])


@pytest.mark.parametrize('mode', ['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'PA'])
def test_png_of_every_kind_is_as_pillow_reads_it(tmp_path: Path, mode: str) -> None:
    whole = Image.fromarray(noise((*SHAPE, 4), 'uint8'))
    image = whole.convert('RGB').convert('P') if mode in ('P', 'PA') else whole.convert(mode)
    image.save(tmp_path / 'a.png', **(dict(transparency=bytes(range(256))) if mode == 'PA' else {}))
    shown = {'1': 'L', 'P': 'RGB', 'PA': 'RGBA'}.get(mode, mode)
    expected = np.asarray(Image.open(tmp_path / 'a.png').convert(shown))
    np.testing.assert_array_equal(load(tmp_path / 'a.png'), expected.reshape(*SHAPE, -1))


def test_grey_and_rgb_with_a_transparent_value_stay_what_they_are(tmp_path: Path) -> None:
    grey, colours = noise(SHAPE, 'uint8'), noise((*SHAPE, 3), 'uint8')
    Image.fromarray(grey).save(tmp_path / 'a.png', transparency=7)
    Image.fromarray(colours).save(tmp_path / 'b.png', transparency=(1, 2, 3))
    np.testing.assert_array_equal(load(tmp_path / 'a.png')[..., 0], grey)
    np.testing.assert_array_equal(load(tmp_path / 'b.png'), colours)


@pytest.mark.parametrize('ending', ['bmp', 'webp', 'ppm'])
@pytest.mark.parametrize('mode', ['L', 'RGB'])
def test_other_formats_are_as_pillow_reads_them(tmp_path: Path, ending: str, mode: str) -> None:
    how = dict(lossless=True) if ending == 'webp' else {}
    Image.fromarray(noise((*SHAPE, 3), 'uint8')).convert(mode).save(tmp_path / f'a.{ending}', **how)
    expected = np.asarray(Image.open(tmp_path / f'a.{ending}')).reshape(*SHAPE, -1)  # WebP has no grey
    np.testing.assert_array_equal(load(tmp_path / f'a.{ending}'), expected)


def test_pgm_of_16_bits(tmp_path: Path) -> None:
    pixels = noise(SHAPE, 'uint16')
    cv2.imwrite(str(tmp_path / 'a.pgm'), pixels)
    np.testing.assert_array_equal(load(tmp_path / 'a.pgm')[..., 0], pixels)


@pytest.mark.parametrize('mode', ['L', 'RGB', 'CMYK'])
def test_jpeg_is_as_pillow_reads_it(tmp_path: Path, mode: str) -> None:
    smooth = cv2.GaussianBlur(noise((200, 300, 3), 'uint8'), (0, 0), 5)
    Image.fromarray(smooth).convert(mode).save(tmp_path / 'a.jpg')
    image = Image.open(tmp_path / 'a.jpg')
    assert image.mode == mode
    expected = np.asarray(image if mode == 'L' else image.convert('RGB')).reshape(200, 300, -1)
    np.testing.assert_array_equal(load(tmp_path / 'a.jpg'), expected)


@pytest.mark.parametrize('orientation', [1, 3, 6])
@pytest.mark.parametrize('ending', ['jpg', 'png'])
def test_rgb_photos_equal_those_of_load_image(tmp_path: Path, orientation: int, ending: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f'a.{ending}'
    Image.fromarray(cv2.GaussianBlur(noise((200, 300, 3), 'uint8'), (0, 0), 5)).save(path, exif=exif)
    sample = LoadImage()(dict(img_path=str(path)))
    np.testing.assert_array_equal(load(path), sample['img'][..., ::-1])
    boxes, size = [(5, 9, 150, 190), (10, 2, 199, 160)], (32, 32)
    ours = encoded(path).cut(boxes, size)
    if ending == 'jpg':
        theirs = LoadImage(late=True)(dict(img_path=str(path)))['encoded'].cut(boxes, size)
        assert ours[0] == theirs[0] != boxes
        for crop, other in zip(ours[1], theirs[1]):
            np.testing.assert_array_equal(crop, other[..., ::-1])
    else:
        assert ours[0] == boxes


def test_real_photos() -> None:
    for name in ('astronaut.png', 'camera.png', 'logo.png', 'chelsea.png', 'rocket.jpg'):
        path = Path(skimage.__file__).parent / 'data' / name
        expected = np.asarray(Image.open(path))
        np.testing.assert_array_equal(load(path), expected.reshape(*expected.shape[:2], -1))


@pytest.mark.parametrize('ending', ['png', 'jpg', 'bmp', 'webp', 'ppm'])
@pytest.mark.parametrize('part', [0.02, 0.5, 0.9])
def test_files_that_are_cut_short_are_refused(tmp_path: Path, ending: str, part: float) -> None:
    Image.fromarray(noise((*SHAPE, 3), 'uint8')).save(tmp_path / f'a.{ending}')
    content = (tmp_path / f'a.{ending}').read_bytes()
    (tmp_path / f'a.{ending}').write_bytes(content[: int(len(content) * part)])
    with pytest.raises(UnreadableImage, match=rf'a\.{ending} cannot be read'):
        load(tmp_path / f'a.{ending}')


def test_the_name_does_not_matter_and_unknown_content_is_named(tmp_path: Path) -> None:
    pixels = noise((*SHAPE, 3), 'uint8')
    Image.fromarray(pixels).save(tmp_path / 'a.tif', format='png')
    np.testing.assert_array_equal(load(tmp_path / 'a.tif'), pixels)
    (tmp_path / 'b.png').write_bytes(b'no image')
    with pytest.raises(UnreadableImage, match=r'b\.png cannot be read: its first bytes are of no kind.*DICOM'):
        load(tmp_path / 'b.png')
    (tmp_path / 'c.png').touch()
    with pytest.raises(UnreadableImage, match=r'c\.png cannot be read: it is empty'):
        load(tmp_path / 'c.png')
    with pytest.raises(UnreadableImage, match=r'absent\.png'):
        load(tmp_path / 'absent.png')
