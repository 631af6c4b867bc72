"""The demo's probe: can nuclei be read from the decoder's finest map, before anything is fine-tuned?"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.logging import MMLogger

from mmdecon.evaluation import Options, Result, Split, draw_images, evaluate, from_scratch, open_pair, open_subject
from mmdecon.evaluation.pictures import draw_maps
from mmdecon.evaluation.random_start import first_images
from mmdecon.evaluation.table import differences, table

from .plan import DATA

LEVEL, LABELS, DRAWS, SEED = 'p2', 8, 5, 0  # seed: of the random networks
HOW = Options(cells=1000)


@dataclass(frozen=True)
class Probed:
    """What the probe found.

    Attributes:
        results: Of every draw.
        picture: Maps of some validation images, RGB.
    """

    results: list[Result]
    picture: np.ndarray

    def tables(self) -> str:
        """Scores and paired differences, as Markdown."""
        return '\n\n'.join([table(self.results), differences(self.results)])


def probe_command(checkpoint: Path, out: Path) -> str:
    """Writes down the command that does what :func:`probe_level` does."""
    lists = DATA / 'ImageSets/Segmentation'
    return (
        f'python tools/probe.py {checkpoint} --images {DATA}/JPEGImages --labels-dir {DATA}/SegmentationClass '
        f'--train-list {lists}/train.txt --val-list {lists}/val.txt --levels {LEVEL} --labels {LABELS} '
        f'--draws {DRAWS} --methods {" ".join(HOW.methods)} --cells {HOW.cells} --scratch '
        f'--random-seeds {SEED} --names pretrained --out {out}'
    )


def probe_level(checkpoint: Path, shown: int, quick: bool) -> Probed:
    """Probes the teacher's map on few labelled images, beside the same network from scratch.

    Args:
        checkpoint: Of the pre-training.
        shown: How many validation images are drawn, the first ones.
        quick: One draw and as many validation images as are drawn.
    """
    MMLogger.get_instance('mmengine').setLevel('WARNING')  # or it tells how each tensor was initialised
    train, val = open_data(shown if quick else None)
    draws = draw_images(len(train), [LABELS], 1 if quick else DRAWS, seed=0)
    subject = open_subject(str(checkpoint), 'teacher', name='pretrained')
    results = evaluate([subject], [LEVEL], train, val, draws, HOW, [SEED], scratch=True, tell=lambda line: None)
    random = from_scratch(subject, SEED, first_images(train))
    maps = {f'{LEVEL} from scratch': (random, [LEVEL]), f'{LEVEL} pre-trained': (subject, [LEVEL])}
    return Probed(results, draw_maps(maps, val, range(shown), HOW))


def open_data(count: int | None) -> tuple[Split, Split]:
    """The training images, of which some have labels, and the validation images.

    Args:
        count: How many of the latter; None for all.
    """
    folders = dict(images=str(DATA / 'JPEGImages'), labels=str(DATA / 'SegmentationClass'))
    lists = (str(DATA / 'ImageSets/Segmentation' / f'{part}.txt') for part in ('train', 'val'))
    classes = ['background', 'nucleus']
    counts: tuple[int | None, ...] = (None, count)
    configs = [dict(folders, list_file=file, classes=classes, count=number) for file, number in zip(lists, counts)]
    return open_pair(*configs)
