"""The demo from the first image to the report."""

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner, find_latest_checkpoint

from ..refusal import refuse
from ..visualization import read_scalars
from . import figures
from .report import compose, result_table
from .stages import Stages, clock, say
from .training import Scores, export, export_command, score, train, train_command

DATA = Path('tests/data/nuclei')
PRETRAIN, FINETUNE = Path('configs/demo/pretrain.py'), Path('configs/demo/finetune.py')

STARTS = {'random': None, 'encoder': 'encoder', 'encoder+decoder': 'encoder+decoder'}
"""What fine-tuning starts from -> the part of the pre-trained network that it loads."""

MARKER = '.mmdecon-demo'  # tells a folder that the demo made, and may empty, from any other
PAIRS, SHOWN = 3, 4  # pairs of views, and images, in the pictures


@dataclass
class Demo:
    """What to do and, as it goes on, what came of it. Paths of configs and images are relative: run it in the clone.

    Attributes:
        out: Folder where everything is written.
        seeds: Of the fine-tuning runs: every start with every seed. Pre-training runs once, with its config's seed.
        quick: Two iterations of each training and four images, to see that everything works; the numbers mean nothing.
        exports: Part -> file.
        left_new: Part -> what the segmenter still initialises, a line a group.
        scores: Start and seed -> scores.
        commands: What does the same by hand, in order.
    """

    out: Path
    seeds: tuple[int, ...] = (0, 1, 2)
    quick: bool = False
    exports: dict[str, Path] = field(default_factory=dict)
    left_new: dict[str, str] = field(default_factory=dict)
    scores: dict[tuple[str, int], Scores] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stages = Stages(5, self.out / 'error.log')

    def run_dir(self, start: str, seed: int) -> Path:
        """The folder of a fine-tuning run."""
        return self.out / 'finetune' / f'{start}_seed{seed}'

    def train(self, config: Path, work_dir: Path, options: dict[str, Any]) -> Runner:
        """Trains, and notes the command."""
        self.commands.append(train_command(config, work_dir, options))
        return train(config, work_dir, options)


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
    with demo.stages.stage('Drawing views, slots and losses'):
        draw_pretraining(demo, pretrained)
    with demo.stages.stage('Exporting the teacher for mmseg'):
        export_parts(demo, demo.out / 'pretrain' / Path(find_latest_checkpoint(pretrained.work_dir)).name)
    with demo.stages.stage('Fine-tuning and evaluating'):
        finetune_all(demo)
    with demo.stages.stage('Drawing predictions, writing the report'):
        draw_predictions(demo)
        report = write_report(demo)
    return report


def prepare(demo: Demo) -> None:
    """Makes the output folder, empty: what an earlier demo left is deleted, what anybody else left is not.

    Args:
        demo: Tells the folder.

    Raises:
        SystemExit: If the bundled images are absent, or the folder holds something else.
    """
    if not DATA.is_dir():
        refuse(f'there are no bundled images at {DATA}: run the demo at the top of a clone of the repository.')
    if demo.out.exists() and any(demo.out.iterdir()) and not (demo.out / MARKER).is_file():
        refuse(f'--out {demo.out} holds files that the demo did not make; name another folder, or an empty one.')
    shutil.rmtree(demo.out, ignore_errors=True)
    demo.out.mkdir(parents=True)
    (demo.out / MARKER).touch()


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
        demo: All that came of it.

    Returns:
        The file.
    """
    validated = SHOWN if demo.quick else len((DATA / 'ImageSets/Segmentation/val.txt').read_text().split())
    labelled = len((DATA / Config.fromfile(FINETUNE).train_dataloader.dataset.ann_file).read_text().split())
    images = dict(labelled=labelled, validated=validated)
    text = compose(demo.scores, 'random', images, demo.left_new, demo.commands, demo.stages.seconds, demo.quick)
    report = demo.out / 'report.md'
    report.write_text(text, encoding='utf-8')
    say(result_table(demo.scores))
    return report
