"""COCO's instances and panoptic segmentations are read exactly, from small files and from real ones."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdecon.images.reading import read_image
from mmdecon.regions import CocoInstances, CocoPanoptic
from mmdecon.regions.masks import pack_masks
from mmdecon.regions.methods import build_human
from tests.support.coco_files import PICTURE, box, encode, write_coco
from tests.support.data import DATA, needs_data


def plain(region: np.ndarray) -> dict:
    flat = np.concatenate([[0], region.T.ravel().astype(int)])
    starts = np.flatnonzero(np.diff(flat)) if flat.any() else []
    return dict(size=[6, 8], counts=np.diff([0, *starts, 48]).tolist())


def part(segmentation: object, category: int = 1, crowd: int = 0) -> dict:
    return dict(id=5, image_id=7, segmentation=segmentation, category_id=category, iscrowd=crowd)


def test_coco_instances(tmp_path: Path) -> None:
    shapes = [box(0, 0, 3, 4), box(2, 3, 6, 8), box(4, 0, 6, 2), box(0, 0, 0, 0), box(0, 6, 6, 8)]
    polygon = [[3, 2, 8, 2, 8, 6, 3, 6]]
    path = write_coco(
        tmp_path / 'a.json',
        [part(encode(shapes[0])), part(polygon, 4), part(plain(shapes[2])), part([]), part(plain(shapes[4]), 1, 1)],
    )
    human = CocoInstances(path)
    found = human(PICTURE, 'a.jpg')
    assert found.shape == (6, 8, 2)  # the first two overlap
    for number, (shape, plane) in enumerate([(0, 0), (1, 1), (2, 0)]):
        np.testing.assert_array_equal(found[..., plane] == number, shapes[shape])
    assert human.read('a.jpg').classes == {0: 'cat', 1: 'dog', 2: 'cat'}
    with_crowd = CocoInstances(path, crowd='keep')
    np.testing.assert_array_equal((with_crowd(PICTURE, 'train/a.jpg') == 3).any(axis=2), shapes[4])
    assert with_crowd.options != human.options
    assert (human(PICTURE, 'b.jpg') == -1).all() and human(PICTURE, 'b.jpg').shape == (6, 8, 1)
    assert 'b.jpg' in human and 'c.jpg' not in human


@pytest.mark.parametrize(
    'segmentation, message',
    [
        (dict(size=[6, 9], counts=[54]), r'instance 5 of a.jpg is of \[6, 9\] pixels .* image of \[6, 8\]'),
        (dict(size=[6, 8], counts=[40]), r'instance 5 of a.jpg cannot be decoded: its runs have 40 pixels'),
        ([[1, 2]], 'instance 5 of a.jpg cannot be decoded'),
        ('nonsense', 'instance 5 of a.jpg cannot be decoded'),
    ],
)
def test_coco_refuses_invalid_annotations(tmp_path: Path, segmentation: object, message: str) -> None:
    human = CocoInstances(write_coco(tmp_path / 'a.json', [part(segmentation)]))
    with pytest.raises(ValueError, match=message):
        human(PICTURE, 'a.jpg')
    with pytest.raises(ValueError, match='c.jpg has no mask: .*a.json does not know'):
        human(PICTURE, 'c.jpg')
    with pytest.raises(ValueError, match='b.jpg has 5 x 8 pixels, but its mask has 6 x 8'):
        human(PICTURE[:5], 'b.jpg')
    with pytest.raises(FileNotFoundError, match='no annotation file'):
        CocoInstances(str(tmp_path / 'none.json'))
    (tmp_path / 'bad.json').write_text('{"images": ')
    with pytest.raises(ValueError, match='bad.json cannot be read as JSON'):
        CocoInstances(str(tmp_path / 'bad.json'))
    (tmp_path / 'other.json').write_text('{"images": []}')
    with pytest.raises(ValueError, match="other.json has no 'annotations'"):
        CocoInstances(str(tmp_path / 'other.json'))


def panoptic(folder: Path, ids: np.ndarray, listed: list) -> CocoPanoptic:
    (folder / 'png').mkdir(exist_ok=True)
    colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=2).astype(np.uint8)
    Image.fromarray(colours).save(folder / 'png/a.png')
    segments = [dict(id=number, category_id=category, iscrowd=crowd) for number, category, crowd in listed]
    path = write_coco(folder / 'p.json', [dict(image_id=7, file_name='a.png', segments_info=segments)])
    assert isinstance(build_human(path, None, dict(folder=str(folder / 'png'))), CocoPanoptic)
    return CocoPanoptic(path, str(folder / 'png'))


def test_coco_panoptic_ids_beyond_a_byte(tmp_path: Path) -> None:
    ids = np.zeros((6, 8), int)
    ids[:2], ids[2:4], ids[4, :5], ids[5] = 300, 255 + 65536 * 200, 9, 44
    listed = [(300, 1, 0), (255 + 65536 * 200, 4, 0), (9, 1, 0), (44, 1, 1)]
    human = panoptic(tmp_path, ids, listed)
    truth = np.full((6, 8, 1), -1)
    truth[:2], truth[2:4], truth[4, :5] = 0, 1, 2
    np.testing.assert_array_equal(human(PICTURE, 'a.jpg'), truth)
    assert human.read('a.jpg').classes == {0: 'cat', 1: 'dog', 2: 'cat'}
    with pytest.raises(ValueError, match=r'a.png of a.jpg .* same segments; \[44\]'):
        panoptic(tmp_path, ids, listed[:3])(PICTURE, 'a.jpg')
    with pytest.raises(ValueError, match='no panoptic annotation'):
        human(PICTURE, 'b.jpg')


def test_masks_are_packed_without_loss() -> None:
    random = np.random.default_rng(1)
    masks = [box(*np.sort(random.integers(0, 6, 4))[[0, 1, 2, 3]]) for _ in range(12)]
    found = pack_masks(masks, (6, 8))
    for number, one in enumerate(masks):
        np.testing.assert_array_equal((found == number).any(axis=2), one)


@needs_data
def test_real_coco() -> None:
    path = next((DATA / 'coco_tiny/annotations').glob('*val*.json'))
    human, content = CocoInstances(str(path)), json.loads(path.read_text())
    total = 0
    for image in content['images'][:25]:
        areas = [one['area'] for one in content['annotations'] if one['image_id'] == image['id'] and not one['iscrowd']]
        found = human(read_image(str(DATA / 'coco_tiny/val2017' / image['file_name'])), image['file_name'])
        pixels = np.unique(found[found >= 0], return_counts=True)[1]
        np.testing.assert_allclose(pixels, areas, rtol=0.2, atol=20)  # COCO's areas are of the polygons
        total += len(pixels)
    assert total > 100
