"""Transforms of image and depth map together: ours, and mmseg's as the protocols use them."""

import numpy as np
import pytest
from mmengine.registry import TRANSFORMS

from mmdecon.datasets import KBCrop, MaskDepth, RandomGamma, UnusableDepth

SHAPE = (48, 64)


def sample(shape=SHAPE, seed=0):
    """Depth is a function of the image, so that one can tell whether both moved alike."""
    image = np.random.default_rng(seed).integers(1, 256, (*shape, 3)).astype(np.uint8)
    return dict(
        img=image,
        gt_depth_map=image[..., 0].astype(np.float32),
        seg_fields=['gt_depth_map'],
        img_shape=shape,
        ori_shape=shape,
        img_path='image.png',
        depth_map_path='depth.png',
    )


@pytest.mark.parametrize(
    'region, shape, box',
    [
        ('nyu_border', (480, 640), (45, 472, 43, 608)),
        ('nyu_eigen', (480, 640), (45, 471, 41, 601)),
        ('garg', (352, 1216), (143, 349, 43, 1172)),
        ('garg', (375, 1242), (153, 371, 44, 1197)),
        ('eigen', (352, 1216), (117, 321, 43, 1172)),
    ],
)
def test_masks_keep_depth_inside_alone(region, shape, box):
    before = sample(shape)
    after = MaskDepth(region)(dict(before))
    top, bottom, left, right = box
    assert np.count_nonzero(after['gt_depth_map']) == (bottom - top) * (right - left)
    inside = np.s_[top:bottom, left:right]
    np.testing.assert_array_equal(after['gt_depth_map'][inside], before['gt_depth_map'][inside])
    np.testing.assert_array_equal(after['img'], before['img'])


def test_masks_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"region='nyu': give one of nyu_border, nyu_eigen, garg, eigen"):
        MaskDepth('nyu')
    with pytest.raises(ValueError, match='640x480 pixels, not of 64x48'):
        MaskDepth('nyu_border')(sample())
    empty = sample((352, 1216))
    empty['gt_depth_map'][100:] = 0
    with pytest.raises(UnusableDepth, match=r"depth\.png has no valid depth in the region 'garg'"):
        MaskDepth('garg')(empty)


def test_kittis_cut_is_the_bottom_centre():
    before = sample((375, 1242))
    after = KBCrop()(dict(before))
    np.testing.assert_array_equal(after['img'], before['img'][23:, 13:1229])
    np.testing.assert_array_equal(after['gt_depth_map'], after['img'][..., 0])
    assert after['ori_shape'] == after['img_shape'] == (352, 1216)


def test_kittis_cut_of_a_smaller_image_is_refused():
    with pytest.raises(ValueError, match=r'image\.png has 1242x350 pixels'):
        KBCrop()(sample((350, 1242)))


def test_colours_follow_the_formula_and_leave_depth():
    before = sample()
    np.random.seed(3)
    after = RandomGamma(1.0, (0.9, 1.1), (0.75, 1.25), (0.9, 1.1))(dict(before))
    np.random.seed(3)
    _, brightness, colour = np.random.rand(), np.random.uniform(0.75, 1.25), np.random.uniform(0.9, 1.1, 3)
    gamma = np.random.uniform(0.9, 1.1)
    expected = np.clip((before['img'] / 255) ** gamma * brightness * colour, 0, 1) * 255
    assert after['img'].dtype == np.uint8
    assert np.abs(after['img'] - expected).max() <= 0.5 + 1e-9
    np.testing.assert_array_equal(after['gt_depth_map'], before['gt_depth_map'])


def test_colours_change_with_the_given_probability():
    image = sample()['img']
    transform = RandomGamma(0.5)
    np.random.seed(0)
    changed = [not np.array_equal(transform(dict(img=image))['img'], image) for _ in range(400)]
    assert 160 < sum(changed) < 240
    assert np.array_equal(RandomGamma(0.0)(dict(img=image))['img'], image)
    still = RandomGamma(1.0, gamma=(1, 1), brightness=(1, 1), colour=(1, 1))
    assert np.array_equal(still(dict(img=image))['img'], image)


@pytest.mark.parametrize(
    'options', [dict(prob=1.5), dict(gamma=(1.1, 0.9)), dict(brightness=(0, 1)), dict(colour=(1,))]
)
def test_colours_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match=f'RandomGamma.{next(iter(options))}='):
        RandomGamma(**options)


def test_mmsegs_rotation_uncovers_unknown_depth_and_invents_none():
    rotate = TRANSFORMS.build(dict(type='mmseg.RandomRotate', prob=1.0, degree=(20, 20), seg_pad_val=0))
    before = sample()
    after = rotate(dict(before))['gt_depth_map']
    assert set(np.unique(after)) <= set(np.unique(before['gt_depth_map'])) | {0}
    assert after[0, 0] == after[-1, -1] == 0 and 0.05 < (after == 0).mean() < 0.5
    # the turned pixels of an even patch are those of the image turned alike
    patch = dict(before, img=np.zeros((*SHAPE, 3), np.uint8), gt_depth_map=np.zeros(SHAPE, np.float32))
    patch['img'][10:30, 10:30], patch['gt_depth_map'][10:30, 10:30] = 200, 200
    turned = rotate(patch)
    agree = (turned['img'][..., 0] > 100) == (turned['gt_depth_map'] > 100)
    assert agree.mean() > 0.98 and (turned['gt_depth_map'] > 0).sum() == pytest.approx(400, abs=25)


def test_mmsegs_flip_and_resize_move_depth_with_the_image():
    flipped = TRANSFORMS.build(dict(type='mmseg.RandomFlip', prob=1.0))(sample())
    np.testing.assert_array_equal(flipped['gt_depth_map'], flipped['img'][..., 0])
    np.testing.assert_array_equal(flipped['gt_depth_map'], sample()['gt_depth_map'][:, ::-1])
    half = TRANSFORMS.build(dict(type='mmseg.Resize', scale=(32, 24)))(sample())
    assert set(np.unique(half['gt_depth_map'])) <= set(np.unique(sample()['gt_depth_map']))
    assert half['gt_depth_map'].shape == half['img'].shape[:2] == (24, 32)
