"""Images of any channels and dtype are cut, resized and flipped like photos, and pixels without a value left out."""

from typing import Any

import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate

from mmdecon.datasets import PackViews, TwoViews
from mmdecon.images.encoded import DTYPES, Encoded
from mmdecon.images.errors import UnreadableImage
from mmdecon.images.listing import some
from mmdecon.images.pixels import find_valid
from mmdecon.images.resizing import INTERPOLATIONS, resize, resize_valid
from tests.support.colours import smooth_image

RNG = np.random.default_rng(0)
PHOTO = smooth_image()[:60, :80]


def views(image: np.ndarray, seed: int = 0, sample: dict[str, Any] | None = None, **options: Any) -> list[dict]:
    np.random.seed(seed)
    options = dict(dict(size=(24, 32), interpolation='bilinear'), **options)
    return TwoViews(**options)(dict(sample or {}, img=image))['views']


@pytest.mark.parametrize('channels', [1, 2, 3, 4, 13])
@pytest.mark.parametrize('how', ['bicubic', 'nearest', 'bilinear'])
def test_uint8_of_any_channels_is_each_channel_of_a_photo(channels: int, how: str) -> None:
    planes = [PHOTO[..., number % 3] for number in range(channels)]
    for seed in range(3):
        ours = views(np.stack(planes, axis=2), seed, interpolation=how)
        for view, photo in zip(ours, views(PHOTO, seed, interpolation=how)):
            expected = np.stack([photo['img'][..., number % 3] for number in range(channels)], axis=2).astype(int)
            assert view['img'].shape == (24, 32, channels) and view['img'].dtype == np.uint8
            difference = abs(view['img'] - expected)
            assert difference.max() <= 1 and difference.mean() < 0.3  # torch rounds bytes after each direction
            assert view['flipped'] == photo['flipped'] and np.array_equal(view['box'], photo['box'])


@pytest.mark.parametrize(
    'backend, how', [('torch', 'bicubic'), ('torch', 'bilinear'), ('cv2', 'area'), ('cv2', 'bilinear')]
)
@pytest.mark.parametrize('dtype', DTYPES, ids=str)
def test_values_are_the_bytes_to_rounding(dtype: np.dtype, backend: str, how: str) -> None:
    content = PHOTO // 2 if dtype == np.int8 else PHOTO
    (expected, _), (found, _) = (views(x, interpolation=how, backend=backend) for x in (content, content.astype(dtype)))
    assert found['img'].dtype == dtype and found['img'].flags.c_contiguous
    difference = abs(found['img'].astype(float) - expected['img'])
    assert difference.max() <= 2 and difference.mean() < 0.4  # as Pillow and torch on bytes
    assert 'valid' not in found


def test_sixteen_bits_are_257_times_the_bytes() -> None:
    (expected, _), (found, _) = views(PHOTO), views(PHOTO.astype(np.uint16) * 257)
    difference = abs(found['img'] / 257 - expected['img'])
    assert difference.max() < 1.3 and difference.mean() < 0.35  # bytes are rounded twice


@pytest.mark.parametrize('dtype', ['int16', 'uint32', 'int32'])
def test_values_beyond_bytes_stay(dtype: str) -> None:
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    image = np.tile(np.array([low, high], dtype)[:, None, None].repeat(20, 0), (1, 40, 1))
    for view in views(image, interpolation='bicubic', scale=(0.9, 1.0), ratio=(1, 1)):
        assert view['img'].min() == low and view['img'].max() == high  # nothing wraps where the filter overshoots


def test_flips_and_byte_order() -> None:
    image = RNG.normal(size=(40, 50, 2)).astype('>f4')
    for options in (dict(flip_prob=0.0), dict(flip_prob=1.0)):
        ours, plain = views(image, **options), views(image.astype(np.float32), **options)
        assert all(np.array_equal(a['img'], b['img']) and a['img'].dtype == np.float32 for a, b in zip(ours, plain))
    straight, flipped = views(image, flip_prob=0.0)[0]['img'], views(image, flip_prob=1.0)[0]['img']
    assert np.array_equal(straight[:, ::-1], flipped)


@pytest.mark.parametrize('dtype', ['int64', 'bool', 'complex64'])
def test_dtypes_that_views_cannot_have_are_refused(dtype: str) -> None:
    with pytest.raises(ValueError, match=rf'a\.tif is {dtype} of shape .*LoadRaster'):
        views(np.zeros((30, 30, 3), dtype), sample=dict(img_path='a.tif'))


def test_pillow_takes_bytes_alone() -> None:
    grey = views(PHOTO[..., :1], backend='pillow')[0]['img']
    assert np.array_equal(grey[..., 0], views(PHOTO, backend='pillow')[0]['img'][..., 0])
    for image in (PHOTO.astype(np.uint16), PHOTO[..., :2]):
        with pytest.raises(ValueError, match=r"backend='pillow' resizes uint8 of 1 or 3 channels.*backend='torch'"):
            views(image, backend='pillow')
    with pytest.raises(ValueError, match='pixels that have no value'):
        views(PHOTO, sample=dict(nodata=int(PHOTO[0, 0, 0])), backend='pillow', scale=(0.9, 1.0))


def holes(dtype: str = 'float32') -> tuple[np.ndarray, np.ndarray]:
    """A photo in a dtype with holes, marked by NaN or 9999, and where they are."""
    hidden = np.zeros(PHOTO.shape[:2], bool)
    hidden[10:30, 20:50], hidden[50:, :10] = True, True
    image = PHOTO.astype(dtype)
    image[..., 1][hidden] = np.nan if dtype == 'float32' else 9999
    return image, hidden


@pytest.mark.parametrize('dtype, nodata', [('float32', None), ('uint16', 9999.0)])
def test_holes_are_left_out_of_the_resizing(dtype: str, nodata: float | None) -> None:
    image, hidden = holes(dtype)
    constant = np.where(hidden[..., None], image, 7).astype(dtype)
    for given, expected in ((constant, 7), (image, None)):
        for view in views(given, sample=dict(nodata=nodata), min_valid=0.0, scale=(0.6, 1.0)):
            assert view['img'].dtype == dtype and view['valid'].shape == (24, 32) and not view['valid'].all()
            assert np.isfinite(view['img']).all() and view['img'].max() <= 255.001
            if expected:  # hidden pixels have the mean of the others
                assert abs(view['img'].astype(float) - 7).max() < 1e-4


@pytest.mark.parametrize('backend', ['torch', 'cv2'])
def test_normalised_convolution_is_its_formula(backend: str) -> None:
    image, hidden = holes()
    size, how = (20, 30), 'bilinear'
    found, kept = resize_valid(image, ~hidden, size, how, backend)
    weights = resize((~hidden).astype(np.float32)[..., None], size, how, backend)
    sums = resize(np.where(hidden[..., None], 0, image).astype(np.float32), size, how, backend)
    assert np.array_equal(kept, weights[..., 0] >= 0.5)
    assert np.allclose(found[kept], (sums / np.maximum(weights, 1e-9))[kept], atol=1e-3)
    assert np.allclose(found[~kept], found[kept].mean(axis=0), atol=1e-3)
    whole, all_kept = resize_valid(PHOTO.astype(np.float32), np.ones_like(hidden), size, how, backend)
    assert all_kept.all() and abs(whole - resize(PHOTO.astype(np.float32), size, how, backend)).max() < 1e-3


def test_what_stands_in_a_hole_does_not_matter() -> None:
    image, hidden = holes('uint16')
    other = np.where(image == 9999, 5000, image)
    a, b = (resize_valid(x, ~hidden, (24, 24), 'bicubic', 'torch') for x in (image, other))
    assert np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1])


def test_valid_is_flipped_like_the_image() -> None:
    image, _ = holes()
    options = dict(scale=(1.0, 1.0), ratio=(4 / 3, 4 / 3), min_valid=0.0)
    straight, flipped = (views(image, flip_prob=prob, **options)[0] for prob in (0.0, 1.0))
    assert np.array_equal(straight['valid'][:, ::-1], flipped['valid'])
    assert np.array_equal(straight['img'][:, ::-1], flipped['img'])


@pytest.mark.parametrize(
    'image, nodata, expected',
    [
        (np.array([[[1, 0], [0, 0]]], np.uint8), 0, [[False, False]]),
        (np.array([[[1, 0], [2, 3]]], np.uint8), 0.0, [[False, True]]),
        (np.array([[[1, 0]]], np.uint8), -9999, None),
        (np.array([[[1, 0]]], np.uint8), 0.5, None),
        (np.array([[[1, 0]]], np.uint8), float('nan'), None),
        (np.array([[[1, 0]]], np.uint8), None, None),
        (np.array([[[np.nan], [np.inf], [1.0]]], np.float32), None, [[False, False, True]]),
        (np.array([[[-3.4028234663852886e38], [1.0]]], np.float32), -3.4028234663852886e38, [[False, True]]),
        (np.array([[[0.1], [1.0]]], np.float16), 0.1, [[False, True]]),
    ],
)
def test_which_pixels_have_a_value(image: np.ndarray, nodata: float | None, expected: list | None) -> None:
    found = find_valid(image, nodata)
    assert (found if found is None else found.tolist()) == expected


def mostly_empty() -> np.ndarray:
    image = np.full((100, 100, 2), np.nan, np.float32)
    image[:, :20] = RNG.normal(size=(100, 20, 2))
    return image


def test_pairs_are_drawn_again_until_enough_is_valid() -> None:
    image = mostly_empty()
    for seed in range(20):
        made = views(image, seed, min_valid=0.2, tries=1000, scale=(0.02, 0.2), min_overlap=None)
        for view in made:
            left, top, right, bottom = view['box'].astype(int)
            assert np.isfinite(image[top:bottom, left:right, 0]).mean() >= 0.2


def test_images_without_enough_valid_pixels_are_refused_or_kept() -> None:
    sample = dict(img_path='scene_7.tif', page=3, window=(0, 0, 30, 30))
    with pytest.raises(
        UnreadableImage, match=r"scene_7\.tif \(page 3, window .*\): in none of 3 pairs.*25% .*empty='keep'"
    ):
        views(np.full((30, 30, 2), np.nan, np.float32), sample=sample, tries=3)
    for view in views(np.full((30, 30, 2), np.nan, np.float32), sample=sample, tries=3, empty='keep'):
        assert not view['valid'].any() and (view['img'] == 0).all()
    for wrong in (dict(min_valid=1.5), dict(empty='skip')):
        with pytest.raises(ValueError, match=f'TwoViews.{some(wrong)}='):
            TwoViews(**wrong)


def test_images_without_holes_draw_as_before() -> None:
    state = []
    for image, sample in ((PHOTO, {}), (PHOTO.astype(np.float32), {}), (PHOTO.astype(np.uint16), dict(nodata=9999))):
        np.random.seed(0)
        TwoViews(size=16)(dict(sample, img=image))
        state.append(np.random.random())
    assert state[0] == state[1] == state[2]


class InMemory(Encoded):
    """An image file whose content is known."""

    def __init__(self, image: np.ndarray) -> None:
        super().__init__('a.tif', image.shape[:2], image.shape[2], image.dtype.name)
        self.image = image

    def decode(self) -> np.ndarray:
        return self.image

    def cut(self, boxes, size):
        return list(boxes), [self.image[top:bottom, left:right] for left, top, right, bottom in boxes]


def test_windows_of_a_file_are_crops_of_the_image() -> None:
    image, _ = holes()
    np.random.seed(0)
    late = TwoViews(size=(24, 32), interpolation='bilinear')(dict(encoded=InMemory(image)))['views']
    for a, b in zip(late, views(image)):
        assert a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)


def test_photometric_pipelines_know_range_nodata_and_mask() -> None:
    seen = []
    image, _ = holes()
    sample = dict(value_range=(0.0, 255.0), nodata=-1.0)
    views(image, sample=sample, photometric=[[lambda x: seen.append(x) or x], []], scale=(0.9, 1.0))
    assert seen[0].keys() == {'img', 'img_shape', 'value_range', 'nodata', 'valid'} and seen[0]['nodata'] == -1
    views(PHOTO, photometric=[[lambda x: seen.append(x) or x], []])
    assert seen[1].keys() == {'img', 'img_shape'}


def test_packed_views_of_images_with_and_without_holes_make_a_batch() -> None:
    packed = []
    for image in (holes()[0], PHOTO.astype(np.float32)):
        packed.append(PackViews()(dict(views=views(image, min_valid=0.0, scale=(0.9, 1.0)))))
    batch = default_collate(packed)['views'][0]
    assert batch['image'].dtype == torch.float32 and batch['valid'].dtype == torch.bool
    assert batch['valid'].flatten(1).all(dim=1).tolist() == [False, True]
    bytes_with_range = PackViews()(dict(views=views(PHOTO), value_range=(0.0, 255.0)))['views'][0]
    assert bytes_with_range['image'].dtype == torch.uint8 and bytes_with_range['valid'].all()
    assert 'valid' not in PackViews()(dict(views=views(PHOTO)))['views'][0]


def test_every_interpolation_of_opencv_takes_many_bands() -> None:
    image = RNG.normal(size=(40, 50, 6)).astype(np.float32)
    for how in INTERPOLATIONS['cv2']:
        assert resize(image, (20, 30), how, 'cv2').shape == (20, 30, 6)


@pytest.mark.parametrize(
    'change',
    [
        dict(type='RandomGrayscale', prob=1.0, keep_channels=True),
        dict(type='RandomApply', prob=0.0, transforms=[dict(type='mmpretrain.Solarize', thr=128, prob=1.0)]),
    ],
)
@pytest.mark.parametrize('image', [PHOTO.astype(np.uint16), PHOTO[..., :1]], ids=['uint16', 'one channel'])
def test_changes_of_photos_are_refused_for_all_else(change: dict[str, Any], image: np.ndarray) -> None:
    with pytest.raises(
        ValueError, match=r'TwoViews\.photometric\[1\]: (RandomGrayscale|Solarize) change photos, .*Pixel'
    ):
        views(image, photometric=[[], [change]])
    views(PHOTO, photometric=[[], [change]])
