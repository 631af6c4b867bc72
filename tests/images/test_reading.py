"""Every kind of image file becomes BGR of three channels and 8 bits."""

import os
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmdecon.datasets import ImageFolder, LoadImage
from mmdecon.images.reading import read_image

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
