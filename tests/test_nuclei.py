"""The bundled images are what their README says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NUCLEI = Path(__file__).parent / 'data' / 'nuclei'


def names(part: str) -> list[str]:
    return (NUCLEI / f'ImageSets/Segmentation/{part}.txt').read_text().split()


def test_it_is_small_and_whole():
    files = [path for path in NUCLEI.rglob('*') if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 5_000_000
    for folder in ('JPEGImages', 'SegmentationClass'):
        assert sorted(path.stem for path in (NUCLEI / folder).iterdir()) == sorted(names('train') + names('val'))


def test_no_image_is_twice_in_it():
    contents = {(NUCLEI / f'JPEGImages/{name}.png').read_bytes() for name in names('train') + names('val')}
    assert len(contents) == 152


def test_short_lists_are_the_first_of_train():
    train = names('train')
    assert [names(f'train_{count}') for count in (4, 8, 16)] == [train[:4], train[:8], train[:16]]
    assert names('train_rest') == train[16:]


@pytest.mark.parametrize('part, images, nuclei', [('train', 112, 3372), ('val', 40, 965)])
def test_masks_are_the_union_of_the_instances(part, images, nuclei):
    coco = pytest.importorskip('pycocotools.coco').COCO(str(NUCLEI / f'annotations/instances_{part}.json'))
    assert (len(coco.imgs), len(coco.anns)) == (images, nuclei)
    assert f'| {part} | {images} | {nuclei} |' in (NUCLEI / 'README.md').read_text()
    assert sorted(image['file_name'] for image in coco.imgs.values()) == sorted(f'{name}.png' for name in names(part))
    for image in coco.imgs.values():
        union = np.zeros((image['height'], image['width']), np.uint8)
        for annotation in coco.imgToAnns[image['id']]:
            union |= coco.annToMask(annotation)
        mask = Image.open(NUCLEI / 'SegmentationClass' / image['file_name'])
        assert mask.mode == 'P' and (np.asarray(mask) == union).all(), image['file_name']
