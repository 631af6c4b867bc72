"""The demo's report: the numbers as they came out, and all that is needed to repeat them."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

import mmcv
import mmengine
import mmpretrain
import mmseg
import torch

from mmdecon.provenance import code

from .stages import clock
from .training import Scores

TEMPLATE = """\
# Demo: an encoder and its decoder, pre-trained without labels, in a segmenter

{warning}## Before fine-tuning: what the decoder's finest map knows

The network is frozen. Each cell of its p2 map is given to background or nucleus by a classifier that has seen eight
labelled images: the 30 nearest cells (knn), or logistic regression (linear). IoU of the nuclei in percent, on
{validated} validation images; ± is the 95 % interval over draws of the labelled images.

{probe}

![](maps.png)

p2 of validation images: its first three principal components as red, green and blue, of the network from scratch and
of the pre-trained one.

## After fine-tuning

Task: nuclei against background in fluorescence images; {labelled} labelled images to train on, {validated} for
validation (`tests/data/nuclei`). Every start is fine-tuned and evaluated by mmseg with the same seeds, schedule and
images; what a start does not load is initialised at random from the seed. In percent, as the numbers came out:

{results}

{differences}

Read them with care: {seeds} seed(s), one pre-training, few and small images. A difference smaller than that between
the seeds of one row tells nothing (`projects/demo/README.md` has three seeds), and nothing here carries over to other
data, schedules or models. How the settings were chosen, without the validation images, is told there, too.

## Pictures

![](views.png)

Pairs of views: the source with both crops, and each view as the network sees it, with the area they share in green.

![](slots.png)

Slots of the pre-trained teacher on validation images: each cell in the colour of its nearest prototype.

![](losses.png)

Each branch's loss and its terms; the spread of its projections' directions (1 uniform, 0 collapsed).

![](predictions.png)

Predictions of the runs with seed {first_seed}. The number above each is the IoU of the nuclei in that image alone.

Images are brightened for display.

## What the segmenter initialises itself

{left_new}

## Commands

In the clone's top folder these do the same, one by one:

```shell
{commands}
```

## Time

{times}

Machine: {machine}. Versions: {versions}.
"""

QUICK = '**A quick run, of two iterations of everything: its numbers mean nothing.**\n\n'

ScoreTable = Mapping[tuple[str, int], Scores]


def result_table(scores: ScoreTable) -> str:
    """Writes the scores of every start: the mean of its seeds, and each seed's.

    Args:
        scores: Start and seed -> scores; every start with the same seeds.

    Returns:
        A Markdown table.
    """
    starts, seeds = unique(start for start, _ in scores), unique(seed for _, seed in scores)
    columns = [f'seed {seed}: mIoU (nucleus)' for seed in seeds]
    rows = []
    for start in starts:
        own = [scores[start, seed] for seed in seeds]
        means = [f'**{mean(s.mean_iou for s in own):.1f}**', f'{mean(s.nucleus_iou for s in own):.1f}']
        rows.append([start, *means, *(f'{s.mean_iou:.1f} ({s.nucleus_iou:.1f})' for s in own)])
    return table(['fine-tuning starts from', 'mean mIoU', 'mean nucleus IoU', *columns], rows)


def differences(scores: ScoreTable, baseline: str) -> str:
    """Writes how the other starts differ from one, seed by seed.

    Args:
        scores: Start and seed -> scores.
        baseline: The start to compare with.

    Returns:
        A Markdown list.
    """
    starts, seeds = unique(start for start, _ in scores), unique(seed for _, seed in scores)
    lines = []
    for start in starts:
        if start != baseline:
            gains = [scores[start, seed].mean_iou - scores[baseline, seed].mean_iou for seed in seeds]
            each = ', '.join(f'{gain:+.1f} (seed {seed})' for gain, seed in zip(gains, seeds))
            lines.append(f'* {start} against {baseline}: {mean(gains):+.1f} mIoU; {each}')
    return '\n'.join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Writes a Markdown table."""
    return '\n'.join(f'| {" | ".join(row)} |' for row in (head, ['---'] * len(head), *rows))


def unique(items: Iterable) -> list:
    """Keeps the first of equal items."""
    return list(dict.fromkeys(items))


def machine() -> str:
    """Tells what computed."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else 'no GPU'
    return f'{cores} CPU cores, {torch.get_num_threads()} threads in torch, {device}, {platform.machine()}'


def versions() -> str:
    """Tells with which packages."""
    packages = dict(torch=torch, mmengine=mmengine, mmcv=mmcv, mmpretrain=mmpretrain, mmsegmentation=mmseg)
    own = ' '.join(code().values())
    return ', '.join(
        [
            f'mmdecon {own}',
            f'Python {platform.python_version()}',
            *(f'{n} {p.__version__}' for n, p in packages.items()),
        ]
    )


def compose(
    scores: ScoreTable,
    baseline: str,
    images: Mapping[str, int],
    probe: str,
    left_new: Mapping[str, str],
    commands: Sequence[str],
    seconds: Mapping[str, float],
    quick: bool,
) -> str:
    """Writes the report.

    Args:
        scores: Start and seed -> scores.
        baseline: The start that the others are compared with.
        images: How many images there were, ``labelled`` and ``validated``.
        probe: Tables of the probe.
        left_new: Part of the network -> what the segmenter initialises when that is loaded.
        commands: In their order.
        seconds: Stage -> wall time.
        quick: Whether the numbers mean nothing.

    Returns:
        Markdown.
    """
    seeds = unique(seed for _, seed in scores)
    times = [*seconds.items(), ('all so far', sum(seconds.values()))]
    return TEMPLATE.format(
        warning=QUICK if quick else '',
        **images,
        probe=probe,
        results=result_table(scores),
        differences=differences(scores, baseline),
        seeds=len(seeds),
        first_seed=seeds[0],
        left_new='\n\n'.join(f'With {part} loaded:\n\n```text\n{text}\n```' for part, text in left_new.items()),
        commands='\n'.join(commands),
        times=table(['stage', 'wall time'], [[title, clock(took)] for title, took in times]),
        machine=machine(),
        versions=versions(),
    )
