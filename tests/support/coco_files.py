"""Small COCO files and masks, all for images of 6 x 8 pixels; needs pycocotools."""

import json
from pathlib import Path

import numpy as np
import pytest

mask = pytest.importorskip('pycocotools.mask')
PICTURE = np.zeros((6, 8, 3), np.uint8)


def write_coco(path: Path, annotations: list, **more: list) -> str:
    """Writes a COCO file of two images and two categories; returns its path."""
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
    """A mask that is a rectangle."""
    found = np.zeros((6, 8), bool)
    found[top:bottom, left:right] = True
    return found


def encode(region: np.ndarray) -> dict:
    """A mask as compressed run-length code."""
    found = mask.encode(np.asfortranarray(region.astype(np.uint8)))
    return dict(size=found['size'], counts=found['counts'].decode())
