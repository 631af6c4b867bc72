"""Arrays of NumPy are read as they were saved; which axis is which is never guessed."""

from pathlib import Path

import numpy as np
import pytest
import skimage

from mmdecon.images.errors import UnreadableImage
from mmdecon.images.readers.layout import AmbiguousImage
from tests.support.rasters import encoded, from_memory, load, noise

DTYPES = ('uint8', 'int8', '>u2', 'int16', 'uint32', '>i4', 'float16', 'float32', '>f8')


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('ending', ['npy', 'npz'])
def test_every_dtype_and_order(tmp_path: Path, dtype: str, ending: str) -> None:
    pixels, path = noise((45, 70, 5), dtype), tmp_path / f'a.{ending}'
    for axes, order in dict(YXC=(0, 1, 2), CYX=(2, 0, 1), XCY=(1, 2, 0)).items():
        for stored in (pixels.transpose(order), np.asfortranarray(pixels.transpose(order))):
            np.save(path, stored) if ending == 'npy' else np.savez_compressed(path, image=stored)
            for image in (load(path, axes=axes), from_memory(path, axes=axes)):
                assert image.dtype == np.dtype(dtype).newbyteorder('=') and image.dtype.isnative
                np.testing.assert_array_equal(image, pixels)
            (crop,) = encoded(path, axes=axes, bands=[4, 1]).cut([(3, 5, 40, 44)], (37, 37))[1]
            np.testing.assert_array_equal(crop, pixels[5:44, 3:40, [4, 1]])


def test_axes_are_pages_and_channels_as_the_letters_say(tmp_path: Path) -> None:
    stack = noise((2, 45, 3, 70), 'uint16')
    np.save(tmp_path / 'a.npy', stack)
    np.testing.assert_array_equal(load(tmp_path / 'a.npy', page=1, axes='CYZX'), np.moveaxis(stack[:, :, 1], 0, -1))
    np.testing.assert_array_equal(load(tmp_path / 'a.npy', axes='ZYCX', pages='first'), np.moveaxis(stack[0], 1, -1))
    joined = load(tmp_path / 'a.npy', axes='ZYCX', pages='channels')
    np.testing.assert_array_equal(joined, stack.transpose(1, 3, 0, 2).reshape(45, 70, 6))


def test_what_the_axes_are_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / 'a.npy'
    for shape in ((45, 70), (45, 70, 1), (45, 70, 4)):
        np.save(path, noise(shape, 'uint8'))
        assert load(path).shape == (*shape[:2], (*shape, 1)[2])
    for shape in ((45, 70, 5), (4, 45, 70), (4, 4, 4), (2, 45, 70, 3), (7,)):
        np.save(path, noise(shape, 'uint8'))
        with pytest.raises(AmbiguousImage, match=rf"a\.npy is an array of {shape[0]}.*LoadRaster\.axes, such as 'YXC'"):
            load(path)
    with pytest.raises(AmbiguousImage, match=r"an array of 7, and LoadRaster\.axes='YX' names 2 axes"):
        load(path, axes='YX')
    for axes in ('YXQ', 'YC', 'YXX'):
        with pytest.raises(ValueError, match=rf"LoadRaster\.axes='{axes}': give the letters"):
            load(path, axes=axes)


def test_arrays_of_an_archive_are_chosen_by_key(tmp_path: Path) -> None:
    image, depth = noise((45, 70, 3), 'uint8'), noise((45, 70), 'float32')
    np.savez(tmp_path / 'a.npz', image=image, depth=depth)
    np.testing.assert_array_equal(load(tmp_path / 'a.npz', key='depth')[..., 0], depth)
    with pytest.raises(AmbiguousImage, match=r'a\.npz holds the arrays image, depth: choose one by LoadRaster\.key'):
        load(tmp_path / 'a.npz')
    with pytest.raises(AmbiguousImage, match=r"LoadRaster\.key='mask' is none of them"):
        load(tmp_path / 'a.npz', key='mask')


def test_real_arrays() -> None:
    folder = Path(skimage.__file__).parent / 'data'
    disparity = np.load(folder / 'motorcycle_disp.npz')
    np.testing.assert_array_equal(load(folder / 'motorcycle_disp.npz')[..., 0], disparity[disparity.files[0]])
    faces = np.load(folder / 'lfw_subset.npy')
    np.testing.assert_array_equal(load(folder / 'lfw_subset.npy', page=7, axes='ZYX')[..., 0], faces[7])


def test_binary_arrays_have_the_values_0_and_1(tmp_path: Path) -> None:
    binary = noise((45, 70), 'uint8') > 99
    np.save(tmp_path / 'a.npy', binary)
    image = load(tmp_path / 'a.npy')
    assert image.dtype == 'uint8'
    np.testing.assert_array_equal(image[..., 0], binary)


def test_other_arrays_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.npy'
    np.save(path, np.ones((4, 4), np.int64))
    with pytest.raises(UnreadableImage, match=r'a\.npy has pixels of int64: convert them'):
        load(path)
    np.save(path, np.array([[{}]]), allow_pickle=True)
    with pytest.raises(UnreadableImage, match=r'a\.npy cannot be read: it holds Python objects'):
        load(path)
    for ending in ('npy', 'npz'):
        path = tmp_path / f'b.{ending}'
        pixels = noise((45, 70), 'uint16')
        np.save(path, pixels) if ending == 'npy' else np.savez_compressed(path, pixels)
        content = path.read_bytes()
        for part in (0.02, 0.5, 0.99):
            path.write_bytes(content[: int(len(content) * part)])
            with pytest.raises(UnreadableImage, match=rf'b\.{ending} cannot be read'):
                load(path)
    path.write_bytes(content[:900] + bytes(99) + content[999:])
    with pytest.raises(UnreadableImage, match=r'b\.npz cannot be read'):
        load(path)
