"""Time and memory of objectives, with their logits by parts and all at once.

One ordered pair of views, forwards and backwards; embeddings are made of noise. Hidden layers are narrow in heads and
predictors: what those cost belongs to the step. Both forms take turns, each in processes of its own, and the ratio of
each turn counts. Several processes are real ones, on this machine: their peaks are true, their seconds those of a
machine that they share.
"""

from argparse import Namespace, _SubParsersAction
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
import torch
from mmengine.config import Config

from mmdecon.cli import require_config
from mmdecon.files import write_json, write_picture
from mmdecon.models.objectives.info_nce import PAIRS_AT_ONCE
from mmdecon.refusal import refuse
from mmdecon.visualization.curves import Curve, draw_curves

from .loss_process import Setting, computing

ALL_AT_ONCE = 2**62
COLUMNS = ('branch', 'images', 'cells', 'queue', 'processes', 'seconds', 'ratio', 'peak MiB', 'all at once: peak MiB')


@dataclass(frozen=True)
class LossCost(Setting):
    """What a setting costs.

    Attributes:
        seconds: Median time, forwards and backwards.
        ratio: Median over the turns of its time / that with all logits at once.
        memory: Peak MiB of a process above what it held with its inputs made; of the GPU where there is one.
        memory_whole: The same with all logits at once.
    """

    seconds: float
    ratio: float
    memory: float
    memory_whole: float


def compare_losses(settings: Sequence[Setting], turns: int = 5) -> Iterator[LossCost]:
    """Measures settings.

    Args:
        settings: What to measure.
        turns: Losses of each form that count, after one that does not.

    Yields:
        The cost of each, in their order.

    Raises:
        RuntimeError: If a process dies, as it does without enough memory.
    """
    for setting in settings:
        whole = replace(setting, pairs_at_once=ALL_AT_ONCE)
        with computing(setting) as ours, computing(whole) as theirs:
            pairs = [(ours('loss'), theirs('loss')) for _ in range(turns + 1)][1:]
            memory = dict(memory=ours('memory'), memory_whole=theirs('memory'))
        seconds = median(time for time, _ in pairs)
        yield LossCost(**asdict(setting), seconds=seconds, ratio=median(a / b for a, b in pairs), **memory)


def combine(
    branches: Sequence[str],
    batches: Sequence[int],
    cells: Sequence[int],
    queues: Sequence[int],
    processes: Sequence[int],
    pairs_at_once: int = PAIRS_AT_ONCE,
) -> list[Setting]:
    """All combinations; an objective without queue is not measured again for each queue."""
    settings = []
    for branch in branches:
        has_queue = Config.fromfile(branch).branch.objective.get('queue_length', 0) > 0
        for some in product(batches, cells, queues if has_queue else [None], processes):
            settings.append(Setting(str(branch), *some, pairs_at_once))
    return settings


def draw(costs: Sequence[LossCost]) -> np.ndarray:
    """Draws peak memory, by parts and all at once, a panel for each branch.

    Args:
        costs: Of at least two queues, or else of several numbers of images.

    Returns:
        (H, W, 3), RGB, uint8.
    """
    panels: dict[str, dict[str, Curve]] = {}
    for branch in dict.fromkeys(cost.branch for cost in costs):
        own = [cost for cost in costs if cost.branch == branch]
        by_queue = len({cost.queue for cost in own}) > 1
        steps = np.array([cost.queue if by_queue else cost.batch * cost.processes for cost in own], float)
        panels[f'{Path(branch).stem}: MiB by {"negatives" if by_queue else "images"}'] = {
            'all logits at once': (steps, np.array([cost.memory_whole for cost in own])),
            'by parts': (steps, np.array([cost.memory for cost in own])),
        }
    limits = {title: (0, 1.05 * max(values.max() for _, values in panel.values())) for title, panel in panels.items()}
    return draw_curves(panels, (320, 420 * len(panels)), x_label='', limits=limits)


def add_parser(kinds: _SubParsersAction) -> None:
    """Adds ``loss`` to ``python -m benchmarks``.

    Args:
        kinds: Its subparsers.
    """
    parser = kinds.add_parser('loss', help='time and memory of objectives, logits by parts and all at once')
    parser.add_argument('branches', nargs='+', help='configs of a branch, as configs/_base_/branches/moco.py')
    lists = dict(
        batch=([32], 'images of a process'),
        cells=([7], 'side of the level'),
        queue=([65536], 'negatives in queues, where the objective has one'),
        processes=([1], 'on this machine'),
    )
    for name, (default, text) in lists.items():
        parser.add_argument(f'--{name}', type=int, nargs='+', default=default, help=f'{text} (default: {default[0]})')
    parser.add_argument('--pairs-at-once', type=int, default=PAIRS_AT_ONCE, help='of the objective (default: 2^25)')
    parser.add_argument('--turns', type=int, default=5, help='losses that count (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=torch.get_num_threads(), help='of a process on a CPU')
    parser.add_argument('--json', metavar='OUT', help='a file for the figures')
    parser.add_argument('--plot', metavar='OUT', help='a picture of the memory')
    parser.set_defaults(run=run)


def run(args: Namespace) -> None:
    """Measures, prints each row as soon as it is known, and writes the figures.

    Args:
        args: Of the parser.
    """
    for branch in args.branches:
        require_config(branch)
        if not Config.fromfile(branch).get('branch'):
            refuse(f"'{branch}' has no branch = dict(...); give a file like configs/_base_/branches/moco.py.")
    torch.set_num_threads(args.threads)
    print(f'| {" | ".join(COLUMNS)} |\n|---|{"---:|" * (len(COLUMNS) - 1)}', flush=True)
    costs = []
    settings = combine(args.branches, args.batch, args.cells, args.queue, args.processes, args.pairs_at_once)
    for cost in compare_losses(settings, args.turns):
        costs.append(cost)
        print(_row(cost), flush=True)
    if args.json:
        figures = {key: value for key, value in vars(args).items() if key != 'run'}
        write_json(args.json, dict(figures, costs=[asdict(cost) for cost in costs]))
    if args.plot:
        write_picture(args.plot, draw(costs))


def _row(cost: LossCost) -> str:
    """One line of the table."""
    counts = (cost.batch, f'{cost.cells}x{cost.cells}', cost.queue or '', cost.processes)
    figures = (f'{cost.seconds:.3f}', f'{cost.ratio:.2f}', f'{cost.memory:.0f}', f'{cost.memory_whole:.0f}')
    return f'| {" | ".join(map(str, (Path(cost.branch).stem, *counts, *figures)))} |'
