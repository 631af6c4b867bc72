"""Makes this folder's images, masks and lists from the nuclei subset of the 2018 Data Science Bowl.

    python tests/data/nuclei/make.py FOLDER

FOLDER holds ``train/*.png``, ``val/*.png`` and ``annotations/instances_{train,val}.json``. File names there are hashes,
so the first ones by name are a random choice that everybody makes alike. Running it again writes the same bytes.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as rle

HERE = Path(__file__).resolve().parent
COUNTS = dict(train=112, val=40)
LABELLED = (4, 8, 16)  # sizes of the short lists for training with few labels
PALETTE = [0, 0, 0, 128, 0, 0]  # VOC's first two colours: background, nucleus
INFO = dict(
    description='Fluorescence images of the 2018 Data Science Bowl (BBBC038v1, stage 1), a small subset',
    url='https://bbbc.broadinstitute.org/BBBC038',
)
LICENCE = dict(id=1, name='CC0 1.0', url='https://creativecommons.org/publicdomain/zero/1.0/')


def write_image(source: Path, target: Path) -> None:
    """Writes a grey image, stored with three equal channels, with one; no pixel changes."""
    channels = np.asarray(Image.open(source).convert('RGB'))
    if (channels != channels[..., :1]).any():
        raise ValueError(f'{source} is not grey')
    Image.fromarray(channels[..., 0]).save(target, optimize=True)


def write_mask(annotations: list, size: tuple, target: Path) -> None:
    """Writes the union of the instances as a palette image (H, W): 0 background, 1 nucleus."""
    mask = np.zeros(size, np.uint8)
    for annotation in annotations:
        mask |= rle.decode(annotation['segmentation'])
    image = Image.fromarray(mask, mode='P')
    image.putpalette(PALETTE)
    image.save(target, optimize=True)


def make_split(folder: Path, split: str) -> None:
    """Writes the images, masks, list and COCO file of ``train`` or ``val``."""
    content = json.loads((folder / f'annotations/instances_{split}.json').read_text())
    images = sorted(content['images'], key=lambda image: image['file_name'])[: COUNTS[split]]
    instances = {image['id']: [] for image in images}
    for annotation in content['annotations']:
        if annotation['image_id'] in instances:
            instances[annotation['image_id']].append(annotation)
    for image in images:
        name = image['file_name']
        write_image(folder / split / name, HERE / 'JPEGImages' / name)
        write_mask(instances[image['id']], (image['height'], image['width']), HERE / 'SegmentationClass' / name)
    write_list(split, images)
    coco = dict(
        info=INFO,
        licenses=[LICENCE],
        images=[dict(image, license=1) for image in images],
        annotations=sum(instances.values(), []),
        categories=content['categories'],
    )
    text = json.dumps(coco, separators=(',', ':'))
    (HERE / f'annotations/instances_{split}.json').write_text(text + '\n', encoding='utf-8')


def write_list(name: str, images: list) -> None:
    """Writes names without extension, one a line, as VOC does."""
    lines = [image['file_name'].rsplit('.', 1)[0] for image in images]
    (HERE / f'ImageSets/Segmentation/{name}.txt').write_text('\n'.join(lines) + '\n', encoding='utf-8')
    if name == 'train':
        for count in LABELLED:
            write_list(f'train_{count}', images[:count])
        write_list('train_rest', images[max(LABELLED) :])


def main(folder: Path) -> None:
    """Writes everything."""
    for name in ('JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation', 'annotations'):
        (HERE / name).mkdir(parents=True, exist_ok=True)
    for split in COUNTS:
        make_split(folder, split)


if __name__ == '__main__':
    main(Path(sys.argv[1]))
