"""The demo's pictures, from its data, its pre-trained model and its logs.

Shapes: H x W an image in pixels, h x w a map's size in cells, K slots. Pictures are RGB, uint8.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from PIL import Image

from mmdecon.datasets.sampler import Draw
from mmdecon.images.reading import read_image
from mmdecon.models import DeCon
from mmdecon.models.network import evaluating
from mmdecon.models.twin import TEACHER
from mmdecon.registry import DATASETS
from mmdecon.visualization import (
    Curve,
    brighten,
    caption,
    draw_curves,
    draw_errors,
    draw_mask,
    draw_pair,
    draw_slots,
    iou,
    tile,
)

from .training import read_labels

LETTERS = 12  # height of captions, in pixels


def view_pairs(config: Config, count: int, seed: int = 0) -> np.ndarray:
    """Draws pairs of views as the pre-training sees them, with what they share.

    Args:
        config: The pre-training's.
        count: How many images.
        seed: Of the first image's views; the following ones add to it.

    Returns:
        One row an image.
    """
    dataset = DATASETS.build(config.train_dataloader.dataset)
    rows = []
    for index in range(count):
        views = dataset[Draw(index, seed + index)]['views']
        source = brighten(read_image(dataset.get_data_info(index)['img_path'])[..., ::-1])
        pictures = [brighten(view['image'].numpy().transpose(1, 2, 0)[..., ::-1]) for view in views]
        boxes = np.stack([view['box'].numpy() for view in views])
        rows.append([draw_pair(source, pictures, boxes, [bool(view['flipped']) for view in views])])
    return tile(rows, gap=0)


def slot_maps(model: DeCon, paths: Sequence[Path]) -> np.ndarray:
    """Draws the slot of each cell of every branch's level, as the teacher assigns them.

    Args:
        model: Pre-trained.
        paths: Image files.

    Returns:
        One row an image: the image, then one picture a branch.
    """
    rows = []
    for path in paths:
        image = read_image(str(path))
        picture = brighten(image[..., ::-1])
        row = [caption(picture, 'image (brightened)', LETTERS)]
        for name, slots in assign_slots(model, image).items():
            branch = model.branches[name]
            used, cells = len(np.unique(slots)), ' x '.join(map(str, slots.shape))
            side, count = branch.level.side, branch.head.student.spec['num_slots']
            title = f'{side} {branch.level.name}, {cells} cells: {used} of {count} slots'
            row.append(caption(draw_slots(picture, slots, count), title, LETTERS))
        rows.append(row)
    return tile(rows)


def assign_slots(model: DeCon, image: np.ndarray) -> dict[str, np.ndarray]:
    """Finds the nearest slot of each cell, by the teacher in eval mode.

    Args:
        model: Pre-trained with branches whose heads are ``SlotHead``.
        image: BGR, (H, W, 3), uint8.

    Returns:
        Branch -> numbers 0..K - 1, (h, w).
    """
    height, width = image.shape[:2]
    sample = dict(
        image=torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None],
        box=torch.tensor([[0.0, 0.0, width, height]]),
        flipped=torch.tensor([False]),
    )
    view = model.data_preprocessor(dict(views=[sample]))['views'][0]
    with torch.no_grad(), evaluating(model):
        maps = model.network(view.image, half=TEACHER)
        heads = {
            name: branch.head(maps[branch.level.name], view, half=TEACHER) for name, branch in model.branches.items()
        }
    return {name: embedding.similarity[0].argmax(dim=0).cpu().numpy() for name, embedding in heads.items()}


def loss_curves(scalars: Mapping[str, Curve], branches: Sequence[str]) -> np.ndarray:
    """Draws each branch's loss, its two terms, and the health of its features.

    Args:
        scalars: Of the pre-training, from ``read_scalars``.
        branches: Their names.

    Returns:
        One panel a branch, and one with the spread of all branches' projections.
    """
    panels: dict[str, Any] = {
        f'branch {name}: loss terms': {
            'group distillation': scalars[f'{name}/distil'],
            'slot contrast': scalars[f'{name}/contrast'],
            'their sum x weight': scalars[f'loss_{name}'],
        }
        for name in branches
    }
    panels['spread of projections (0 = collapsed)'] = {name: scalars[f'{name}/std'] for name in branches}
    return draw_curves(panels, limits={'spread of projections (0 = collapsed)': (0, 1.1)})


def predictions(names: Sequence[str], images: Path, truths: Path, predicted: Mapping[str, Path]) -> np.ndarray:
    """Draws segmentations beside the truth.

    Args:
        names: Of the images, without extension.
        images: Folder of PNG files.
        truths: Folder of label PNG files.
        predicted: Title -> folder of label PNG files.

    Returns:
        One row an image: the image, the truth, then one picture an entry of ``predicted``.
    """
    rows = []
    for name in names:
        image = brighten(np.asarray(Image.open(images / f'{name}.png').convert('RGB')))
        truth = read_labels(truths / f'{name}.png').numpy()
        row = [caption(image, 'image (brightened)', LETTERS)]
        row.append(caption(draw_mask(image, truth == 1), 'ground truth', LETTERS))
        for title, folder in predicted.items():
            found = read_labels(folder / f'{name}.png').numpy()
            text = f'{title}: IoU {100 * iou(truth, found):.0f}'
            row.append(caption(draw_errors(image, truth, found, opacity=0.85), text, LETTERS))
        rows.append(row)
    legend = np.empty((0, sum(picture.shape[1] for picture in rows[0]), 3), np.uint8)
    rows.append([caption(legend, 'predictions: right in green, too much in vermilion, lacking in blue', LETTERS)])
    return tile(rows)


def save(picture: np.ndarray, path: Path) -> None:
    """Writes a PNG file."""
    Image.fromarray(picture).save(path, optimize=True)
