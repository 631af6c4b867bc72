"""Draws what trained models of mmseg predict of the same pictures, classes or depth, beside what is true.

Run as ``python -m projects.xnet_ablations.look OUT RUN... --indices 0 9 --data-root data/camvid``. A run is a work
directory with a config and a checkpoint. Shapes: H x W the image in pixels. Pictures are RGB, uint8.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import mmcv
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DATASETS, DefaultScope
from mmengine.runner import find_latest_checkpoint, load_checkpoint
from mmseg.structures import SegDataSample

from mmdecon.files import require_picture, write_picture
from mmdecon.refusal import told_plainly
from mmdecon.registry import MODELS
from mmdecon.visualization import blend, caption, draw_depth, palette, tile

HEIGHT = 180  # of each panel, in pixels
Fields = tuple[np.ndarray, np.ndarray, np.ndarray]  # image, truth, prediction


def predict(run: str, data_root: str, indices: Sequence[int]) -> list[Fields]:
    """What the last checkpoint of a run makes of pictures of its test set.

    Args:
        run: The work directory.
        data_root: Where the data set lies.
        indices: Places in the test set.

    Returns:
        Image (H, W, 3), truth and prediction (H, W) of each; depths in metres, or numbers of classes.

    Raises:
        FileNotFoundError: If the folder does not hold one config and a checkpoint.
    """
    configs = sorted(Path(run).glob('*.py'))
    checkpoint = find_latest_checkpoint(run) if len(configs) == 1 else None
    if checkpoint is None:
        raise FileNotFoundError(f'{run} does not hold one config and last_checkpoint: give the work directory of a run')
    cfg = Config.fromfile(configs[0])
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model).eval()
        load_checkpoint(model, checkpoint, map_location='cpu', strict=True)
        dataset = DATASETS.build(dict(cfg.test_dataloader.dataset, data_root=data_root))
        with torch.no_grad():
            return [_fields(model.test_step(pseudo_collate([dataset[index]]))[0]) for index in indices]


def _fields(sample: SegDataSample) -> Fields:
    """Image, truth and prediction of a sample, in the truth's size."""
    kind = 'depth_map' if 'gt_depth_map' in sample else 'sem_seg'
    truth, prediction = (getattr(sample, f'{name}_{kind}').data.squeeze(0).numpy() for name in ('gt', 'pred'))
    image = mmcv.imread(sample.img_path, channel_order='rgb')
    return mmcv.imresize(image, truth.shape[::-1]), truth, prediction


def draw_depths(fields: Sequence[Fields], names: Sequence[str]) -> np.ndarray:
    """Draws the depths that models see in one picture, each in a row; all share their colours.

    Args:
        fields: Of each model; image and truth are the same.
        names: Of the models.

    Returns:
        One picture.
    """
    size = (round(HEIGHT * fields[0][1].shape[1] / fields[0][1].shape[0]), HEIGHT)
    known = fields[0][1] > 0
    limits = tuple(np.percentile(fields[0][1][known], (0.5, 99.5)).tolist())
    worst = max(float(np.percentile(np.abs(seen - truth)[known], 99)) for _, truth, seen in fields)
    rows = []
    for (image, truth, seen), name in zip(fields, names):
        truth, seen = (mmcv.imresize(part.astype(np.float32), size, interpolation='nearest') for part in (truth, seen))
        row = draw_depth(mmcv.imresize(image, size), truth, seen, limits, worst)
        rows.append([caption(row, name)])
    return tile(rows, gap=0)


def draw_classes(fields: Sequence[Fields], names: Sequence[str], classes: int) -> np.ndarray:
    """Draws the classes that models see in one picture: image, truth, and each model's.

    Args:
        fields: Of each model; image and truth are the same.
        names: Of the models.
        classes: How many there are; pixels of other numbers are left as they are.

    Returns:
        One picture.
    """
    (image, truth, _), colours = fields[0], palette(classes)
    panels = [caption(_small(image), 'image')]
    for name, mask in (('truth', truth), *zip(names, (seen for *_, seen in fields))):
        known = mask < classes
        laid = blend(image, colours[np.where(known, mask, 0)], np.where(known, 0.75, 0))
        panels.append(caption(_small(laid), name))
    return tile([panels])


def _small(picture: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) of the height of a panel."""
    return mmcv.imresize(picture, (round(HEIGHT * picture.shape[1] / picture.shape[0]), HEIGHT), interpolation='area')


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description='Draws what trained models of mmseg predict beside what is true.')
    parser.add_argument('out', help='the picture to write')
    parser.add_argument('runs', nargs='+', metavar='RUN', help='work directories of runs on one data set')
    parser.add_argument('--names', nargs='+', help='of the runs; by default those of their folders')
    parser.add_argument('--indices', nargs='+', type=int, default=[0], help='places in the test set')
    parser.add_argument('--data-root', required=True, help='where the data set lies')
    parser.add_argument('--classes', type=int, help='how many classes there are; not for depth')
    arguments = parser.parse_args()
    names = arguments.names or [Path(run).name for run in arguments.runs]
    with told_plainly():
        require_picture(arguments.out, 'OUT')
        seen = [predict(run, arguments.data_root, arguments.indices) for run in arguments.runs]
    pictures = [
        draw_classes(fields, names, arguments.classes) if arguments.classes else draw_depths(fields, names)
        for fields in zip(*seen)
    ]
    write_picture(arguments.out, tile([[picture] for picture in pictures], gap=0))


if __name__ == '__main__':
    main()
