"""Small image files, whole and damaged, and what a data set lists of them."""

import os
from pathlib import Path

import numpy as np
from mmengine.dataset import BaseDataset
from PIL import Image


def write(path: Path, value: int = 0, size: tuple[int, int] = (20, 30)) -> str:
    """Writes a grey image of one value, by the format of its extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)
    return str(path)


def truncate(path: Path, keep: float = 0.6) -> str:
    """Writes an image with a whole header and less than its data."""
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return str(path)


def paths(dataset: BaseDataset) -> list[str]:
    """The paths of all images."""
    return [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]


def names(dataset: BaseDataset, root: Path) -> list[str]:
    """The paths of all images, relative to a folder."""
    return [os.path.relpath(path, root) for path in paths(dataset)]
