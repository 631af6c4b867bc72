"""The demo's training runs: what ``tools/train.py`` does with the same configs, called from Python."""

import logging
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.runner import Runner
from mmseg.evaluation import IoUMetric
from PIL import Image

from mmdecon.cli import build_runner, load_config
from mmdecon.export import Fit, convert, read_source, verify, write


class Scores(NamedTuple):
    """A fine-tuned model's scores on the validation images, in percent.

    Attributes:
        mean_iou: Intersection over union, mean of background and nucleus, as mmseg's ``IoUMetric`` gives it.
        nucleus_iou: The nucleus's alone.
    """

    mean_iou: float
    nucleus_iou: float


def train(config: Path, work_dir: Path, options: dict[str, Any]) -> Runner:
    """Trains by a config.

    Args:
        config: Its path.
        work_dir: Where logs and checkpoints go.
        options: As for ``--cfg-options``.

    Returns:
        The runner, after training.
    """
    cfg = load_config(Namespace(config=str(config), work_dir=str(work_dir), cfg_options=options, launcher='none'))
    cfg.log_level = 'WARNING'  # while the runner is built: no dump of the environment and the config between the stages
    runner = build_runner(cfg)
    for logger in (runner.logger, *runner.logger.handlers):
        logger.setLevel(logging.INFO)
    runner.train()
    return runner


def export(checkpoint: Path, path: Path, part: str, target: Path) -> Fit:
    """Exports the teacher for mmseg, verified against the model that will load it.

    Args:
        checkpoint: Of the pre-training.
        path: The file to write.
        part: ``'encoder'`` or ``'encoder+decoder'``.
        target: The fine-tuning's config.

    Returns:
        What the fine-tuned model will still initialise.
    """
    source = read_source(str(checkpoint))
    made = convert(source, 'mmseg', part)
    fit = verify(source, made, str(target)).fit
    write(source, made, str(path))
    return fit


def train_command(config: Path, work_dir: Path, options: dict[str, Any]) -> str:
    """Writes down the command that does what :func:`train` does."""
    given = ''.join(f' {key}={value}' for key, value in options.items())
    return f'python tools/train.py {config} --work-dir {work_dir}' + (f' --cfg-options{given}' if given else '')


def export_command(checkpoint: Path, path: Path, part: str, target: Path) -> str:
    """Writes down the command that does what :func:`export` does."""
    return f'python tools/export.py {checkpoint} {path} --layout mmseg --part {part} --half teacher --target {target}'


def score(runner: Runner, predictions: Path, truths: Path) -> Scores:
    """Collects a fine-tuning run's scores.

    Args:
        runner: After training, which ended with an evaluation.
        predictions: Folder of label PNG files that the evaluation wrote.
        truths: Folder of label PNG files of the same names.
    """
    return Scores(float(runner.message_hub.get_scalar('val/mIoU').current()), nucleus_iou(predictions, truths))


def nucleus_iou(predictions: Path, truths: Path) -> float:
    """Measures one class's intersection over union over a folder of predictions, with mmseg's function.

    Args:
        predictions: PNG files with 0 background, 1 nucleus.
        truths: PNG files of the same names, 255 where it does not count.

    Returns:
        0..100.
    """
    areas = [
        IoUMetric.intersect_and_union(
            read_labels(path), read_labels(truths / path.name), num_classes=2, ignore_index=255
        )
        for path in sorted(predictions.glob('*.png'))
    ]
    intersection, union = (sum(area[i][1] for area in areas) for i in (0, 1))
    return 100 * float(intersection / union)


def read_labels(path: Path) -> torch.Tensor:
    """Reads the labels of an image, (H, W), uint8, from a grey or palette PNG."""
    return torch.from_numpy(np.array(Image.open(path)))
