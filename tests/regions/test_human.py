"""What people drew is read as they drew it, in each format, from real files and from ones made here."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from mmdecon.images.reading import read_image
from mmdecon.regions import BSDS, CocoInstances, CocoPanoptic, LabelFolder
from mmdecon.regions.annotations import Names
from mmdecon.regions.masks import pack_masks
from mmdecon.regions.methods import build_human
from tests.support.data import DATA

real = pytest.mark.skipif(not DATA.is_dir(), reason='the real data is not beside this clone')
mask = pytest.importorskip('pycocotools.mask')
PICTURE = np.zeros((6, 8, 3), np.uint8)


def coco(path: Path, annotations: list, **more: list) -> str:
    content = dict(
        images=[
            dict(id=7, file_name='train/a.jpg', height=6, width=8),
            dict(id=9, file_name='b.jpg', height=6, width=8),
        ],
        annotations=annotations,
        categories=[dict(id=1, name='cat'), dict(id=4, name='dog')],
        **more,
    )
    path.write_text(json.dumps(content))
    return str(path)


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    found = np.zeros((6, 8), bool)
    found[top:bottom, left:right] = True
    return found


def code(region: np.ndarray) -> dict:
    found = mask.encode(np.asfortranarray(region.astype(np.uint8)))
    return dict(size=found['size'], counts=found['counts'].decode())


def plain(region: np.ndarray) -> dict:
    flat = np.concatenate([[0], region.T.ravel().astype(int)])
    starts = np.flatnonzero(np.diff(flat)) if flat.any() else []
    return dict(size=[6, 8], counts=np.diff([0, *starts, 48]).tolist())


def part(segmentation: object, category: int = 1, crowd: int = 0) -> dict:
    return dict(id=5, image_id=7, segmentation=segmentation, category_id=category, iscrowd=crowd)


def test_coco_instances(tmp_path: Path) -> None:
    shapes = [box(0, 0, 3, 4), box(2, 3, 6, 8), box(4, 0, 6, 2), box(0, 0, 0, 0), box(0, 6, 6, 8)]
    polygon = [[3, 2, 8, 2, 8, 6, 3, 6]]
    path = coco(
        tmp_path / 'a.json',
        [part(code(shapes[0])), part(polygon, 4), part(plain(shapes[2])), part([]), part(plain(shapes[4]), 1, 1)],
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
def test_coco_refuses_what_is_broken(tmp_path: Path, segmentation: object, message: str) -> None:
    human = CocoInstances(coco(tmp_path / 'a.json', [part(segmentation)]))
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
    with pytest.raises(ValueError, match="other.json has no 'annotations', 'categories'"):
        CocoInstances(str(tmp_path / 'other.json'))


def panoptic(folder: Path, ids: np.ndarray, listed: list) -> CocoPanoptic:
    (folder / 'png').mkdir(exist_ok=True)
    colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=2).astype(np.uint8)
    Image.fromarray(colours).save(folder / 'png/a.png')
    segments = [dict(id=number, category_id=category, iscrowd=crowd) for number, category, crowd in listed]
    path = coco(folder / 'p.json', [dict(image_id=7, file_name='a.png', segments_info=segments)])
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


@pytest.mark.parametrize('mode', ['L', 'P', 'I;16'])
def test_pictures_of_labels(tmp_path: Path, mode: str) -> None:
    top = 60000 if mode == 'I;16' else 254
    labels = np.array([[0, 1, 255], [top, 1, 0]], np.uint16 if mode == 'I;16' else np.uint8)
    picture = Image.fromarray(labels)
    if mode == 'P':
        picture.putpalette([number * 7 % 256 for number in range(768)])
    assert picture.mode == mode
    (tmp_path / 'sub').mkdir()
    picture.save(tmp_path / 'sub/x_labels.png')
    image = np.zeros((2, 3, 3), np.uint8)
    human = LabelFolder(str(tmp_path), ignore=(0, 255), suffix='_labels.png', image_suffix='_image.jpg')
    assert human(image, 'sub/x_image.jpg')[..., 0].tolist() == [[-1, 1, -1], [top, 1, -1]]
    assert human.read('sub/x_image.jpg').classes == {1: '1', top: str(top)}
    kept = LabelFolder(str(tmp_path), suffix='_labels.png', labels='objects')
    assert kept(image, 'sub/x.jpg')[..., 0].tolist() == [[0, 1, -1], [top, 1, 0]]
    assert kept.read('sub/x.jpg').classes == {} and kept.options != human.options
    with pytest.raises(ValueError, match='y.jpg has no mask, there is no file .*sub/y_labels.png'):
        kept(image, 'sub/y.jpg')
    with pytest.raises(ValueError, match='x.jpg has 3 x 3 pixels, but its mask has 2 x 3'):
        kept(np.zeros((3, 3, 3), np.uint8), 'sub/x.jpg')


@pytest.mark.parametrize('content', [b'', b'nonsense', None])
def test_damaged_pictures_of_labels(tmp_path: Path, content: bytes | None) -> None:
    whole = tmp_path / 'a.png'
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 50), dtype=np.uint8)).save(whole)
    whole.write_bytes(whole.read_bytes()[:1000] if content is None else content)
    with pytest.raises(ValueError, match='the mask .*a.png cannot be read'):
        LabelFolder(str(tmp_path))(np.zeros((50, 50, 3), np.uint8), 'a.jpg')
    Image.new('RGB', (50, 50)).save(whole)
    with pytest.raises(ValueError, match='a.png of a.jpg is in colour'):
        LabelFolder(str(tmp_path))(np.zeros((50, 50, 3), np.uint8), 'a.jpg')


def test_bsds(tmp_path: Path) -> None:
    people = [np.array([[1, 1, 2]], np.uint16), np.array([[1, 2, 300]], np.uint16)]
    cells = np.empty((1, 2), object)
    for number, labels in enumerate(people):
        cells[0, number] = dict(Segmentation=labels, Boundaries=np.zeros((1, 3)))
    savemat(tmp_path / 'a.mat', dict(groundTruth=cells))
    human, image = build_human(str(tmp_path), None, {}), np.zeros((1, 3, 3), np.uint8)
    assert isinstance(human, BSDS)
    found = human(image, 'a.jpg')
    assert [len(np.unique(found[..., person])) for person in range(2)] == [2, 3]
    assert not set(found[..., 0].ravel()) & set(found[..., 1].ravel())
    assert BSDS(str(tmp_path), annotators=1)(image, 'a.jpg').shape == (1, 3, 1)
    (tmp_path / 'b.mat').write_bytes(b'none')
    with pytest.raises(ValueError, match="b.mat of b.jpg cannot be read as one of BSDS500's"):
        human(image, 'b.jpg')
    with pytest.raises(ValueError, match='c.jpg has no mask'):
        human(image, 'c.jpg')


def test_names_are_found_with_more_or_fewer_folders() -> None:
    names = Names(['train/a.jpg', 'val/a.jpg', 'b.jpg', 'deep/er/c.jpg'])
    asked = ['train/a.jpg', 'a.jpg', 'x/b.jpg', 'er/c.jpg', 'other/c.jpg', 'd.jpg']
    assert [names.find(name) for name in asked] == ['train/a.jpg', None, 'b.jpg', 'deep/er/c.jpg', None, None]


def test_masks_are_packed_without_loss() -> None:
    random = np.random.default_rng(1)
    masks = [box(*np.sort(random.integers(0, 6, 4))[[0, 1, 2, 3]]) for _ in range(12)]
    found = pack_masks(masks, (6, 8))
    for number, one in enumerate(masks):
        np.testing.assert_array_equal((found == number).any(axis=2), one)


@real
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


@real
def test_real_voc_and_bsds() -> None:
    voc = DATA / 'samples/voc_seg'
    for kind in ('SegmentationClass', 'SegmentationObject'):
        human = LabelFolder(str(voc / kind), ignore=(0, 255))
        for path in (voc / 'JPEGImages').glob('*.jpg'):
            found = human(read_image(str(path)), path.name)
            labels = np.asarray(Image.open(voc / kind / f'{path.stem}.png')).astype(int)
            np.testing.assert_array_equal(found[..., 0], np.where((labels == 0) | (labels == 255), -1, labels))
    folder = DATA / 'bsds500'
    for path in sorted((folder / 'groundTruth/train').glob('*.mat'))[:5]:
        name = f'{path.stem}.jpg'
        found = BSDS(str(path.parent))(read_image(str(folder / 'images/train' / name)), name)
        people = loadmat(path)['groundTruth'][0]
        assert found.shape[2] == len(people) >= 4
        for plane, person in zip(np.moveaxis(found, 2, 0), people):
            labels = person['Segmentation'][0, 0]
            np.testing.assert_array_equal(plane - plane.min(), labels.astype(int) - labels.min())
