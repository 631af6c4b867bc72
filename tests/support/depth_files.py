"""Small folders of images and depth maps, as the data sets have them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from .data import DATA

KITCHEN = DATA / '7scenes_kitchen'
needs_kitchen = pytest.mark.skipif(not KITCHEN.is_dir(), reason=f'the 7-Scenes frames are not at {KITCHEN}')


def write_pair(image: Path, depth: Path, shape=(48, 64), values=None, seed=0) -> np.ndarray:
    """Writes an image and its depth map; returns the map's values."""
    draw = np.random.default_rng(seed)
    if values is None:
        values = draw.integers(500, 9000, shape).astype(np.uint16)
        values[:5, :7], values[5:8, :7] = 0, 65535
    for path, content in ((image, draw.integers(0, 256, (*shape, 3)).astype(np.uint8)), (depth, values)):
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), content)
    return values
