"""Entries of COCO-like files are read where they can be understood, and else named."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.logging import MMLogger
from PIL import Image

from mmdecon.regions import CocoInstances, CocoPanoptic, Proposals
from tests.support.coco_files import PICTURE, box, encode

IMAGE = dict(id=7, file_name='a.jpg', height=6, width=8)
PART = dict(id=5, image_id=7, segmentation=encode(box(1, 1, 5, 6)), category_id=1)
CATEGORY = dict(id=1, name='cat')
MASK = box(1, 1, 5, 6)


def coco(folder: Path, **changed: object) -> CocoInstances:
    content = {**dict(images=[IMAGE], annotations=[PART], categories=[CATEGORY]), **changed}
    (folder / 'a.json').write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    return CocoInstances(str(folder / 'a.json'))


def without(entry: dict, *keys: str) -> dict:
    return {key: value for key, value in entry.items() if key not in keys}


LVIS = dict(without(IMAGE, 'file_name'), coco_url='http://images.cocodataset.org/train2017/a.jpg')


@pytest.mark.parametrize(
    'changed, classes',
    [
        (dict(annotations=[dict(PART, image_id='7')]), {0: 'cat'}),
        (dict(images=[dict(IMAGE, id='7')]), {0: 'cat'}),
        (dict(images=[dict(IMAGE, id=7.0)]), {0: 'cat'}),
        (dict(annotations=[dict(PART, category_id='1')]), {0: 'cat'}),
        (dict(images=[IMAGE, IMAGE]), {0: 'cat'}),
        (dict(images=[LVIS]), {0: 'cat'}),
        (dict(images=[dict(LVIS, file_name=None)]), {0: 'cat'}),
        (dict(images=[dict(IMAGE, file_name='.\\train\\a.jpg')]), {0: 'cat'}),
        (dict(images=[without(IMAGE, 'height', 'width')]), {0: 'cat'}),
        (dict(categories=[dict(id=1)]), {0: '1'}),
        (dict(categories=[]), {0: '1'}),
        (dict(categories=None), {0: '1'}),
        (dict(annotations=[without(PART, 'category_id', 'id')]), {}),
        (dict(annotations=[dict(PART, iscrowd='0')]), {0: 'cat'}),
        (dict(annotations=[dict(PART, iscrowd=None), dict(PART, iscrowd='1')]), {0: 'cat'}),
    ],
)
def test_what_can_be_read(tmp_path: Path, changed: dict, classes: dict) -> None:
    human = coco(tmp_path, **changed)
    np.testing.assert_array_equal(human(PICTURE, 'a.jpg')[..., 0] == 0, MASK)
    assert human.read('a.jpg', (6, 8)).classes == classes


@pytest.mark.parametrize(
    'changed, message',
    [
        (
            dict(images=[IMAGE, dict(IMAGE, id=8)]),
            r'images\[0\] is a.jpg with the id 7, .*\[1\] is a.jpg .* id 8',
        ),
        (dict(images=[IMAGE, dict(IMAGE, file_name='b.jpg')]), r'images\[0\] is a.jpg .* images?.*\[1\] is b.jpg'),
        (dict(images=[IMAGE, dict(IMAGE, height=5)]), r'images\[1\] is a.jpg with the id 7: list each image once'),
        (dict(images=[without(IMAGE, 'file_name')]), r"images\[0\] has no 'file_name' \(or 'coco_url'\)"),
        (dict(images=[without(IMAGE, 'id')]), r"images\[0\] has no 'id'"),
        (dict(images=[dict(IMAGE, id=True)]), r"images\[0\] has the 'id' True"),
        (dict(images=[7]), r'images\[0\] is int, not an object'),
        (dict(images=dict(a=7)), r'images is dict, not a list'),
        (dict(annotations=[without(PART, 'image_id')]), r"annotations\[0\] has no 'image_id'"),
        (
            dict(annotations=[dict(PART, image_id='x')]),
            r'1 of 1 entries are of images that .* image_id .x.: .* .7.$',
        ),
        (dict(annotations=[]), 'annotations: 0 of 0 entries'),
        (dict(categories=[dict(name='cat')]), r"categories\[0\] has no 'id'"),
        (
            dict(categories=[CATEGORY, dict(id=1, name='dog')]),
            r"categories\[1\] calls the category .1. 'dog', .* 'cat'",
        ),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=f'a.json.*{message}'):
        coco(tmp_path, **changed)


@pytest.mark.parametrize(
    'changed, message',
    [
        (dict(images=[without(IMAGE, 'height')]), r'images\[0\], a.jpg, has the height and width \[None, 8\]'),
        (dict(images=[dict(IMAGE, width=0)]), r'images\[0\], a.jpg, has the height and width \[6, 0\]'),
        (
            dict(images=[dict(IMAGE, height=10**9, width=10**9)]),
            'a.jpg has 6 x 8 pixels, but its mask has 10{9} x',
        ),
        (dict(annotations=[without(PART, 'segmentation')]), r"annotations\[0\], instance 5 of a.jpg has no 'segment"),
        (dict(annotations=[dict(PART, iscrowd='maybe')]), r"instance 5 of a.jpg has the 'iscrowd' 'maybe'"),
        (dict(annotations=[dict(PART, category_id=[1])]), r"instance 5 of a.jpg has the 'category_id' \[1\]"),
    ],
)
def test_entries_that_cannot_be_read(tmp_path: Path, changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        coco(tmp_path, **changed)(PICTURE, 'a.jpg')


def test_annotations_of_other_images_are_left_out_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    human = coco(tmp_path, annotations=[dict(PART, image_id=8), PART, dict(PART, image_id='9')])
    logger.removeHandler(caplog.handler)
    assert "2 of 3 entries are of images that the file does not list, such as image_id '8'; they" in caplog.text
    assert human(PICTURE, 'a.jpg').max() == 0


def test_sizes_beyond_memory(tmp_path: Path) -> None:
    human = coco(tmp_path, images=[dict(IMAGE, height=10**9, width=10**9)])
    with pytest.raises(ValueError, match=r'images\[0\], a.jpg: 1 planes of 1000000000 x 1000000000 pixels'):
        human.read('a.jpg')


def test_proposals(tmp_path: Path) -> None:
    (tmp_path / 'images.json').write_text(json.dumps(dict(images=[LVIS])))
    path, images = tmp_path / 'found.json', str(tmp_path / 'images.json')
    path.write_text(json.dumps([dict(PART, image_id='7', score=10**400), dict(PART, score=0.5)]), encoding='utf-16')
    with pytest.raises(ValueError, match=r"found.json: proposal 0 of a.jpg has no finite 'score'"):
        Proposals(str(path), images=images)(PICTURE, 'a.jpg')
    path.write_text(json.dumps([dict(PART, image_id='7', score=1)]), encoding='utf-8-sig')
    np.testing.assert_array_equal(Proposals(str(path), images=images)(PICTURE, 'train2017/a.jpg')[..., 0] == 0, MASK)
    path.write_text('[7]')
    with pytest.raises(ValueError, match=r'found.json\[0\] is int, not an object'):
        Proposals(str(path), images=images)


@pytest.mark.parametrize(
    'changed, message',
    [
        (dict(segments_info=[dict(category_id=1)]), r"segments_info\[0\] has the 'id' None"),
        (dict(segments_info=[dict(id=9), dict(id=9)]), r"segments_info\[1\] has the 'id' 9: give each .* its own"),
        (dict(segments_info=7), 'segments_info is int, not a list'),
        (dict(file_name=None), r'annotations\[0\] of a.jpg is no panoptic annotation'),
        (dict(file_name='b.png'), r'annotations\[0\] of a.jpg names the mask .*b.png, which does not exist'),
    ],
)
def test_panoptic(tmp_path: Path, changed: dict, message: str) -> None:
    Image.new('RGB', (8, 6), (9, 0, 0)).save(tmp_path / 'a.png')
    whole = dict(image_id=7, file_name='a.png', segments_info=[dict(id=9, category_id=1)])
    for entry in (whole, {**whole, **changed}):
        content = dict(images=[IMAGE], annotations=[entry], categories=[CATEGORY])
        (tmp_path / 'p.json').write_text(json.dumps(content))
        human = CocoPanoptic(str(tmp_path / 'p.json'), str(tmp_path))
        if entry is whole:
            assert human.read('a.jpg').classes == {0: 'cat'} and (human(PICTURE, 'a.jpg') == 0).all()
    with pytest.raises(ValueError, match=message):
        human(PICTURE, 'a.jpg')
