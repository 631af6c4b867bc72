"""The demo from the first image to the report."""

import time
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner, find_latest_checkpoint

from mmdecon.visualization import read_scalars

from . import figures
from .plan import DATA, FINETUNE, PAIRS, PRETRAIN, SHOWN, STARTS, Demo, prepare
from .probing import probe_command, probe_level
from .report import compose, result_table
from .stages import clock, say
from .training import Scores, export, export_command, score


def run(demo: Demo) -> Path:
    """Runs the demo.

    Args:
        demo: What to do.

    Returns:
        The report.

    Raises:
        SystemExit: If something is in the way, or a stage fails: one sentence says what.
    """
    prepare(demo)
    with demo.stages.stage('Pre-training an encoder and its decoder on unlabelled images'):
        pretrained = pretrain(demo)
    checkpoint = demo.out / 'pretrain' / Path(find_latest_checkpoint(pretrained.work_dir)).name
    with demo.stages.stage('Drawing views, slots and losses'):
        draw_pretraining(demo, pretrained)
    with demo.stages.stage('Probing the decoder on eight labelled images'):
        probe_pretrained(demo, checkpoint)
    with demo.stages.stage('Exporting the teacher for mmseg'):
        export_parts(demo, checkpoint)
    with demo.stages.stage('Fine-tuning and evaluating'):
        finetune_all(demo)
    with demo.stages.stage('Drawing predictions, writing the report'):
        draw_predictions(demo)
        report = write_report(demo)
    return report


def pretrain(demo: Demo) -> Runner:
    """Pre-trains.

    Args:
        demo: Tells where.

    Returns:
        The runner, after training.
    """
    quick = {'train_cfg.max_iters': 2, 'default_hooks.checkpoint.interval': 2, 'default_hooks.logger.interval': 1}
    return demo.train(PRETRAIN, demo.out / 'pretrain', quick if demo.quick else {})


def draw_pretraining(demo: Demo, pretrained: Runner) -> None:
    """Writes ``views.png``, ``slots.png`` and ``losses.png``.

    Args:
        demo: Tells where.
        pretrained: The runner, after training.
    """
    figures.save(figures.view_pairs(pretrained.cfg, PAIRS), demo.out / 'views.png')
    images = [DATA / 'JPEGImages' / f'{name}.png' for name in shown(demo)]
    figures.save(figures.slot_maps(pretrained.model, images), demo.out / 'slots.png')
    scalars = read_scalars(Path(pretrained.log_dir, 'vis_data', 'scalars.json'))
    figures.save(figures.loss_curves(scalars, list(pretrained.model.branches)), demo.out / 'losses.png')


def shown(demo: Demo) -> list[str]:
    """Names of the validation images in the pictures: the first ones of the list."""
    return (DATA / 'ImageSets/Segmentation/val.txt').read_text().split()[:SHOWN]


def probe_pretrained(demo: Demo, checkpoint: Path) -> None:
    """Probes, and writes ``maps.png``.

    Args:
        demo: Takes the results.
        checkpoint: Of the pre-training.
    """
    demo.probed = probe_level(checkpoint, SHOWN, demo.quick)
    demo.commands.append(probe_command(checkpoint, demo.out / 'probe'))
    figures.save(demo.probed.picture, demo.out / 'maps.png')
    say(demo.probed.tables())


def export_parts(demo: Demo, checkpoint: Path) -> None:
    """Exports what each start of fine-tuning needs.

    Args:
        demo: Takes the files.
        checkpoint: Of the pre-training.
    """
    for part in filter(None, STARTS.values()):
        demo.exports[part] = demo.out / f'{part}.pth'
        demo.left_new[part] = export(checkpoint, demo.exports[part], part, FINETUNE).describe()
        demo.commands.append(export_command(checkpoint, demo.exports[part], part, FINETUNE))
        say(f'{demo.exports[part]}: of the segmenter it leaves to initialise\n{demo.left_new[part]}')


def finetune_all(demo: Demo) -> None:
    """Fine-tunes from every start with every seed, and evaluates.

    Args:
        demo: Takes the scores.
    """
    runs = [(start, seed) for seed in demo.seeds for start in STARTS]
    began = time.perf_counter()
    for number, (start, seed) in enumerate(runs):
        rest = (time.perf_counter() - began) / max(number, 1) * (len(runs) - number)
        say(f'    run {number + 1} of {len(runs)}: {start}, seed {seed}' + (f'; eta {clock(rest)}' if number else ''))
        demo.scores[start, seed] = finetune(demo, start, seed)
        mean_iou, nucleus_iou = demo.scores[start, seed]
        say(f'    {start}, seed {seed}: mIoU {mean_iou:.1f}, nucleus IoU {nucleus_iou:.1f}')


def finetune(demo: Demo, start: str, seed: int) -> Scores:
    """Fine-tunes and evaluates once.

    Args:
        demo: Tells where.
        start: A key of ``STARTS``.
        seed: Of everything random.
    """
    work_dir = demo.run_dir(start, seed)
    predictions = work_dir / 'predictions'
    options: dict[str, Any] = {
        'randomness.seed': seed,
        'val_evaluator.output_dir': str(predictions),
    }
    if STARTS[start]:
        options['load_from'] = str(demo.exports[STARTS[start]])
    if demo.quick:
        options |= {'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2, 'val_dataloader.dataset.indices': SHOWN}
    runner = demo.train(FINETUNE, work_dir, options)
    return score(runner, predictions, DATA / 'SegmentationClass')


def draw_predictions(demo: Demo) -> None:
    """Writes ``predictions.png``, from the runs with the first seed.

    Args:
        demo: Tells where.
    """
    predicted = {start: demo.run_dir(start, demo.seeds[0]) / 'predictions' for start in STARTS}
    picture = figures.predictions(shown(demo), DATA / 'JPEGImages', DATA / 'SegmentationClass', predicted)
    figures.save(picture, demo.out / 'predictions.png')


def write_report(demo: Demo) -> Path:
    """Writes ``report.md``, and its main table to the console.

    Args:
        demo: With all results.

    Returns:
        The file.
    """
    validated = SHOWN if demo.quick else len((DATA / 'ImageSets/Segmentation/val.txt').read_text().split())
    labelled = len((DATA / Config.fromfile(FINETUNE).train_dataloader.dataset.ann_file).read_text().split())
    images = dict(labelled=labelled, validated=validated)
    told = dict(probe=demo.probed.tables() if demo.probed else '', left_new=demo.left_new, commands=demo.commands)
    text = compose(demo.scores, 'random', images, **told, seconds=demo.stages.seconds, quick=demo.quick)
    report = demo.out / 'report.md'
    report.write_text(text, encoding='utf-8')
    say(result_table(demo.scores))
    return report
