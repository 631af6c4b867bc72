"""Depth data sets: folders and lists, values in metres, and an error that names the file for each fault."""

import re
import shutil
from uuid import uuid4

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger
from mmengine.registry import DATASETS, TRANSFORMS

from mmdecon.datasets import DepthFolder, LoadDepth, UnusableDepth
from tests.support.depth_files import KITCHEN, needs_kitchen, write_pair

LOAD = [dict(type='mmcv.LoadImageFromFile'), dict(type='mmdecon.LoadDepth')]


@pytest.fixture
def folder(tmp_path):
    """Two pairs in folders of their own."""
    for number, name in enumerate(('b/2', 'a')):
        write_pair(tmp_path / f'images/{name}.jpg', tmp_path / f'depths/{name}.png', seed=number)
    return tmp_path


@pytest.fixture
def said(caplog):
    """What has been logged."""
    logger = MMLogger.get_instance(str(uuid4()), log_level='INFO')  # the current one from now on
    logger.addHandler(caplog.handler)
    yield lambda: '\n'.join(record.getMessage() for record in caplog.records)
    logger.removeHandler(caplog.handler)


def relative(dataset, root, key='img_path'):
    return [str(dataset.get_data_info(i)[key]).removeprefix(f'{root}/') for i in range(len(dataset))]


def build(root, scale=1000, **options):
    return DATASETS.build(dict(type='mmdecon.DepthFolder', data_root=str(root), depth_scale=scale, **options))


def test_a_folder_is_paired_by_name_and_sorted(folder):
    dataset = build(folder)
    assert relative(dataset, folder) == ['images/a.jpg', 'images/b/2.jpg']
    assert relative(dataset, folder, 'depth_map_path') == ['depths/a.png', 'depths/b/2.png']


def test_values_become_metres_and_unknown_ones_zero(folder):
    dataset = build(folder, scale=250, pipeline=LOAD)
    for sample in dataset:
        raw = cv2.imread(sample['depth_map_path'], cv2.IMREAD_UNCHANGED)
        expected = np.where((raw == 0) | (raw == 65535), 0, raw / 250)
        assert sample['gt_depth_map'].dtype == np.float32
        np.testing.assert_allclose(sample['gt_depth_map'], expected, rtol=1e-6)
        assert (sample['gt_depth_map'] == 0).sum() == 7 * 8


def test_further_values_can_say_unknown(folder):
    sample = build(folder, invalid=[0, 65535, 700], pipeline=LOAD)[0]
    assert not (sample['gt_depth_map'] == np.float32(0.7)).any()


def test_loads_what_mmsegs_own_transform_loads(folder):
    sample = build(folder, invalid=[0], pipeline=LOAD)[0]
    mmseg = dict(type='mmseg.LoadDepthAnnotation', depth_rescale_factor=1e-3)
    theirs = TRANSFORMS.build(mmseg)(dict(depth_map_path=sample['depth_map_path'], seg_fields=[]))
    np.testing.assert_allclose(sample['gt_depth_map'], theirs['gt_depth_map'], rtol=1e-6)
    for key in ('seg_fields', 'depth_rescale_factor'):
        assert sample[key] == theirs[key]


def test_lists_what_mmsegs_nyu_lists(tmp_path):
    for name in ('kitchen_0028b_00045', 'bathroom_0001_00030'):
        write_pair(tmp_path / f'images/train/{name}.jpg', tmp_path / f'annotations/train/{name}.png')
    places = dict(img_path='images/train', depth_map_path='annotations/train')
    theirs = DATASETS.build(dict(type='mmseg.NYUDataset', data_root=str(tmp_path), data_prefix=places))
    ours = build(tmp_path, images='images/train', depths='annotations/train')
    for key in ('img_path', 'depth_map_path'):
        assert relative(ours, tmp_path, key) == relative(theirs, tmp_path, key)
    assert len(ours) == 2


def test_nyus_lists(tmp_path):
    write_pair(tmp_path / 'kitchen_0028b/rgb_00045.jpg', tmp_path / 'kitchen_0028b/sync_depth_00045.png')
    (tmp_path / 'nyu.txt').write_text('/kitchen_0028b/rgb_00045.jpg /kitchen_0028b/sync_depth_00045.png 518.8579\n')
    dataset = build(tmp_path, images='.', depths='.', list_file='nyu.txt', depth_suffix='_depth.png')
    assert relative(dataset, tmp_path) == ['kitchen_0028b/rgb_00045.jpg']
    assert relative(dataset, tmp_path, 'depth_map_path') == ['kitchen_0028b/sync_depth_00045.png']


def kitti(root):
    """One drive of KITTI and a list of two frames, of which one has no depth; returns the values of the map."""
    image, depth = 'day/day_drive/image_02/data/{}.png', 'day_drive/proj_depth/groundtruth/image_02/{}.png'
    values = np.zeros((375, 1242), np.uint16)
    values[100::7, ::5] = np.random.default_rng(0).integers(500, 25000, values[100::7, ::5].shape)
    write_pair(root / 'input' / image.format(69), root / 'gt_depth' / depth.format(69), values.shape, values)
    lines = [f'{image.format(69)} {depth.format(69)} 721.5377', f'{image.format(70)} None 721.5377', '']
    (root / 'kitti_eigen_test.txt').write_text('\n'.join(lines))
    return values


def test_kittis_split_leaves_out_frames_without_depth(tmp_path):
    values = kitti(tmp_path)
    options = dict(images='input', depths='gt_depth', list_file='kitti_eigen_test.txt', image_suffix='.png')
    dataset = build(tmp_path, 256, pipeline=LOAD, **options)
    assert len(dataset) == 1
    np.testing.assert_array_equal(dataset[0]['gt_depth_map'], values / np.float32(256))


def test_a_list_of_names_chooses(folder):
    (folder / 'some.txt').write_text('b/2\na.jpg\n')
    assert relative(build(folder, list_file='some.txt'), folder) == ['images/b/2.jpg', 'images/a.jpg']


@pytest.mark.parametrize('list_file', [None, 'some.txt'])
def test_endings_count_in_any_case(tmp_path, list_file):
    for image, depth in (('a.JPG', 'a.png'), ('b.jpg', 'b.PNG'), ('c.Jpg', 'c.Png')):
        write_pair(tmp_path / f'images/{image}', tmp_path / f'depths/{depth}')
    (tmp_path / 'some.txt').write_text('\ufeffa\nb.jpg\nc.jpg\n', encoding='utf-8')
    dataset = build(tmp_path, list_file=list_file, pipeline=LOAD)
    assert relative(dataset, tmp_path) == ['images/a.JPG', 'images/b.jpg', 'images/c.Jpg']
    assert relative(dataset, tmp_path, 'depth_map_path') == ['depths/a.png', 'depths/b.PNG', 'depths/c.Png']
    assert all(sample['gt_depth_map'].any() for sample in dataset)


@pytest.mark.parametrize('twin', ['images/a.JPG', 'depths/a.PNG'])
def test_endings_that_differ_in_case_alone_are_refused(folder, twin):
    shutil.copy(folder / twin.lower(), folder / twin)
    with pytest.raises(ValueError, match=r'a\.\w+ and a\.\w+ in .* differ in the case of dataset\.\w+_suffix'):
        build(folder)


def test_what_is_found_and_what_is_left_out_is_logged(folder, said):
    shutil.copy(folder / 'images/a.jpg', folder / 'images/c.jpeg')
    shutil.copy(folder / 'depths/a.png', folder / 'depths/d.png')
    (folder / 'some.txt').write_text('a\na.jpg\n')
    build(folder), build(folder, list_file='some.txt')
    assert f'2 images with depth under {folder}/images' in said()
    assert (
        '1 files under' in said()
        and "do not end in dataset.image_suffix='.jpg' and are left out, such as c.jpeg" in said()
    )
    assert 'are depth maps without an image and are left out, such as d.png' in said()
    assert 'some.txt lists 1 images more than once, which count as often, such as a.jpg' in said()


def test_images_and_depth_in_one_folder_are_not_left_out(tmp_path, said):
    write_pair(tmp_path / 'x/a_rgb.png', tmp_path / 'x/a_depth.png')
    options = dict(images='x', depths='x', image_suffix='_rgb.png', depth_suffix='_depth.png')
    assert len(build(tmp_path, **options)) == 1
    assert '1 images with depth' in said() and 'left out' not in said()


def test_a_wrong_scale_is_refused_with_the_range(folder):
    values = np.full((48, 64), 800, np.uint16)
    values[0, 0] = 3000
    for name in ('a', 'b/2'):
        cv2.imwrite(str(folder / f'depths/{name}.png'), values)
    words = (
        r'no valid pixel is left in 2 of 2 .*depths/a\.png: with dataset\.depth_scale={} their depth is {} m, and what'
    )
    for scale, found in ((1, '800 to 3000'), (200, '4 to 15'), (1e7, '8e-05 to 0.0003')):
        with pytest.raises(ValueError, match=words.format(re.escape(f'{scale:g}'), found)):
            build(folder, scale, max_depth=4)
    assert len(build(folder, 1000, max_depth=4)) == len(build(folder, 1)) == 2


def test_images_without_depth_can_be_predicted(folder):
    shutil.rmtree(folder / 'depths')
    dataset = build(folder, depths=None, pipeline=LOAD[:1])
    assert dataset[0]['img'].shape == (48, 64, 3)
    with pytest.raises(KeyError, match=r"'depth_map_path'.*dataset\.depths"):
        build(folder, depths=None, pipeline=LOAD)[0]


def test_a_missing_depth_map_is_named(folder):
    (folder / 'depths/a.png').unlink()
    with pytest.raises(UnusableDepth, match=r'1 of 2 depth maps do not exist: \S*depths/a\.png'):
        build(folder)


def test_a_missing_image_of_a_list_is_named(folder):
    (folder / 'some.txt').write_text('c\n')
    with pytest.raises(FileNotFoundError, match=r'1 of 1 images do not exist: \S*images/c\.jpg'):
        build(folder, list_file='some.txt')


@pytest.mark.parametrize(
    'values, words',
    [
        (np.full((48, 64), 7, np.uint8), r'1 channel\(s\) of uint8'),
        (np.full((48, 64, 3), 7, np.uint16), r'3 channel\(s\) of uint16'),
        (np.full((48, 64), 65535, np.uint16), r'no valid depth: its values are \[65535\]'),
        (np.full((24, 64), 7, np.uint16), r'64x24 pixels, but its image \S*a\.jpg has 64x48'),
    ],
    ids=['8 bits', 'colours', 'all unknown', 'size'],
)
def test_a_wrong_depth_map_is_named(folder, values, words):
    cv2.imwrite(str(folder / 'depths/a.png'), values)
    with pytest.raises(UnusableDepth, match=rf'depths/a\.png .*{words}'):
        build(folder, pipeline=LOAD)[0]


@pytest.mark.parametrize('content', [b'', b'\x89PNG\r\n\x1a\nbroken'], ids=['empty', 'damaged'])
def test_a_file_that_is_no_image_is_named(folder, content):
    (folder / 'depths/a.png').write_bytes(content)
    with pytest.raises(UnusableDepth, match=r'depths/a\.png cannot be read'):
        build(folder, pipeline=LOAD)[0]


def test_depth_before_its_image_is_refused():
    with pytest.raises(KeyError, match="'ori_shape'; load the image first"):
        LoadDepth()(dict(depth_map_path='x.png', seg_fields=[]))


@pytest.mark.parametrize(
    'options, kind, words',
    [
        (dict(scale=0), ValueError, r'depth_scale=0: give the positive'),
        (dict(images='nowhere'), FileNotFoundError, r'nowhere \(dataset\.images\) is not a folder'),
        (dict(depths='nowhere'), FileNotFoundError, r'nowhere \(dataset\.depths\) is not a folder'),
        (dict(list_file='nowhere.txt'), FileNotFoundError, r'nowhere\.txt \(dataset\.list_file\)'),
        (dict(image_suffix='.gif'), ValueError, r'no samples .*image_suffix=.\.gif'),
        (dict(images='depths', image_suffix='.png'), ValueError, 'its own depth map'),
    ],
)
def test_invalid_arguments_are_refused_are_refused(folder, options, kind, words):
    with pytest.raises(kind, match=words):
        build(folder, **options)


def test_a_line_with_too_many_fields_is_refused(folder):
    (folder / 'some.txt').write_text('a\na.jpg a.png 500 7\n')
    with pytest.raises(ValueError, match='line 2 has 4 fields'):
        build(folder, list_file='some.txt')


@needs_kitchen
def test_the_kitchen_is_in_metres_and_below_its_protocols_range():
    dataset = DepthFolder(1000, 'train/color', 'train/depth', str(KITCHEN), pipeline=LOAD)
    assert len(dataset) == 59
    depths = np.stack([dataset[i]['gt_depth_map'] for i in range(0, 59, 6)])
    assert 0.7 < depths[depths > 0].min() < depths.max() < 4
    assert 0 < (depths == 0).mean() < 0.3
