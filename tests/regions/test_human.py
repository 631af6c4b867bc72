"""Human annotations as label maps and as BSDS500's files are read exactly, from small files and from real ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from mmdecon.images.reading import read_image
from mmdecon.regions import BSDS, LabelFolder
from mmdecon.regions.by_name import Names
from mmdecon.regions.methods import build_human
from tests.support.data import DATA, needs_data


@pytest.mark.parametrize('mode', ['L', 'P', 'I;16'])
def test_label_maps(tmp_path: Path, mode: str) -> None:
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
def test_damaged_label_maps(tmp_path: Path, content: bytes | None) -> None:
    whole = tmp_path / 'a.png'
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 50), dtype=np.uint8)).save(whole)
    whole.write_bytes(whole.read_bytes()[:1000] if content is None else content)
    with pytest.raises(ValueError, match='the mask .*a.png cannot be read'):
        LabelFolder(str(tmp_path))(np.zeros((50, 50, 3), np.uint8), 'a.jpg')
    Image.new('RGB', (50, 50)).save(whole)
    with pytest.raises(ValueError, match='a.png of a.jpg is in colour'):
        LabelFolder(str(tmp_path))(np.zeros((50, 50, 3), np.uint8), 'a.jpg')


def test_bsds(tmp_path: Path) -> None:
    annotators = [np.array([[1, 1, 2]], np.uint16), np.array([[1, 2, 300]], np.uint16)]
    cells = np.empty((1, 2), object)
    for number, labels in enumerate(annotators):
        cells[0, number] = dict(Segmentation=labels, Boundaries=np.zeros((1, 3)))
    savemat(tmp_path / 'a.mat', dict(groundTruth=cells))
    human, image = build_human(str(tmp_path), None, {}), np.zeros((1, 3, 3), np.uint8)
    assert isinstance(human, BSDS)
    found = human(image, 'a.jpg')
    assert [len(np.unique(found[..., one])) for one in range(2)] == [2, 3]
    assert not set(found[..., 0].ravel()) & set(found[..., 1].ravel())
    assert BSDS(str(tmp_path), annotators=1)(image, 'a.jpg').shape == (1, 3, 1)
    (tmp_path / 'b.mat').write_bytes(b'none')
    with pytest.raises(ValueError, match="b.mat of b.jpg cannot be read as one of BSDS500's"):
        human(image, 'b.jpg')
    with pytest.raises(ValueError, match='c.jpg has no mask'):
        human(image, 'c.jpg')


def test_names_are_found_with_more_or_fewer_folders() -> None:
    names = Names(['train/a.jpg', 'val/a.jpg', 'b.jpg', 'deep/er/c.jpg', 'a\u0308.jpg'], 'x.json')
    asked = ['train/a.jpg', 'x/b.jpg', 'er/c.jpg', 'other/c.jpg', 'd.jpg', 'x/ä.jpg']
    assert [names.find(name) for name in asked] == ['train/a.jpg', 'b.jpg', 'deep/er/c.jpg', None, None, 'a\u0308.jpg']
    with pytest.raises(ValueError, match='^a.jpg may be train/a.jpg or val/a.jpg of x.json'):
        names.find('a.jpg')


@needs_data
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
        annotators = loadmat(path)['groundTruth'][0]
        assert found.shape[2] == len(annotators) >= 4
        for plane, annotator in zip(np.moveaxis(found, 2, 0), annotators):
            labels = annotator['Segmentation'][0, 0]
            np.testing.assert_array_equal(plane - plane.min(), labels.astype(int) - labels.min())
