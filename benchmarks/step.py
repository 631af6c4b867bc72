"""Time and memory of a training step of several configs, as ratios to the first.

Machines are noisy: every config is measured in turns with the first, each in a process of its own, and the ratio of
each turn counts.
"""

from argparse import Namespace, _SubParsersAction
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from mmengine.config import Config

from mmdecon.cli import require_config
from mmdecon.files import write_json
from mmdecon.refusal import refuse

from .split import PARTS
from .step_process import Setting, stepping


@dataclass(frozen=True)
class Cost:
    """What a config's step costs.

    Attributes:
        config: Its path.
        seconds: Median time of a step.
        ratio: Median over the turns of its time / the first config's.
        memory: Peak memory in GiB of a process that trains, or of its GPU where there is one; the largest.
        parameters: That a gradient trains.
        parts: Median share of each part in a step, 0..1: making the views (of images alone), moving the teachers, the
            network's forward passes by student and by teacher, the branches (both halves of their heads, and the
            losses), the backward pass, and the optimiser.
    """

    config: str
    seconds: float
    ratio: float
    memory: float
    parameters: int
    parts: dict[str, float]


def compare_steps(
    configs: Sequence[str],
    batch: int = 2,
    size: int = 224,
    turns: int = 5,
    data: str | None = None,
    processes: int = 1,
) -> Iterator[Cost]:
    """Measures the training steps of some configs, the first being the unit.

    Args:
        configs: Paths of configs of :class:`~mmdecon.models.DeCon`.
        batch: Images of each process.
        size: Side of a view of noise in pixels, a multiple of 8.
        turns: Steps of each that are counted.
        data: A folder of images to make the views of, by each config's pipeline; None for noise.
        processes: That train together.

    Yields:
        The cost of each config, in their order.
    """
    unit = Setting(str(configs[0]), batch, size, data, processes)
    with stepping(unit) as ask_unit:
        for config in configs:
            with stepping(replace(unit, config=str(config))) as ask:
                pairs = [(ask('step'), ask_unit('step')) for _ in range(turns)]
                memory, parameters = ask('memory')
            yield Cost(
                str(config),
                median(seconds for (seconds, _), _ in pairs),
                median(seconds / one for (seconds, _), (one, _) in pairs),
                memory,
                parameters,
                {part: median(parts[part] / seconds for (seconds, parts), _ in pairs) for part in PARTS},
            )


def matrix_rate(side: int = 2048) -> float:
    """Speed of this machine's products of float32 matrices, in GFLOP/s, with torch's number of threads."""
    matrix, seconds = torch.randn(side, side), []
    for _ in range(5):
        start = perf_counter()
        matrix @ matrix
        seconds.append(perf_counter() - start)
    return 2 * side**3 / min(seconds) / 1e9


def add_parser(kinds: _SubParsersAction) -> None:
    """Adds ``step`` to ``python -m benchmarks``.

    Args:
        kinds: Its subparsers.
    """
    parser = kinds.add_parser('step', help='time and memory of a training step')
    parser.add_argument('configs', nargs='+', help='pre-training configs; the first is the unit of the ratios')
    parser.add_argument('--batch', type=int, default=2, help='images of a process (default: %(default)s)')
    parser.add_argument('--size', type=int, default=224, help='side of a view in pixels (default: %(default)s)')
    parser.add_argument(
        '--data', metavar='FOLDER', help='images for the views, of the sizes of each config; else noise'
    )
    parser.add_argument('--processes', type=int, default=1, help='that train together (default: %(default)s)')
    parser.add_argument('--turns', type=int, default=5, help='steps that count (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=torch.get_num_threads(), help='of a step on a CPU')
    parser.add_argument('--json', metavar='OUT', help='a file for the figures')
    parser.set_defaults(run=run)


def run(args: Namespace) -> None:
    """Measures, prints each row as soon as it is known, and writes the figures.

    Args:
        args: Of the parser.
    """
    for config in args.configs:
        require_config(config)
        if args.processes == 1 and Config.fromfile(config).get('strategy'):
            refuse(f"'{config}' has a strategy for several processes; give --processes 2 or more.")
    if args.data and not Path(args.data).is_dir():
        refuse(f"there is no folder '{args.data}' (--data).")
    torch.set_num_threads(args.threads)
    rate = matrix_rate()
    print(f'{args.threads} thread(s), {rate:.0f} GFLOP/s in products of float32 matrices\n')
    columns = ['config', 'seconds a step', 'ratio', 'peak GiB', 'million parameters', *(f'{p} %' for p in PARTS)]
    print(f'| {" | ".join(columns)} |\n|---|{"---:|" * (len(columns) - 1)}', flush=True)
    costs = []
    for cost in compare_steps(args.configs, args.batch, args.size, args.turns, args.data, args.processes):
        costs.append(asdict(cost))
        print(_row(cost), flush=True)
    if args.json:
        figures = {key: value for key, value in vars(args).items() if key != 'run'}
        write_json(args.json, dict(figures, matrix_rate=rate, costs=costs))


def _row(cost: Cost) -> str:
    """One line of the table."""
    parts = ' | '.join(f'{100 * share:.1f}' for share in cost.parts.values())
    return (
        f'| {Path(cost.config).stem} | {cost.seconds:.2f} | {cost.ratio:.2f} | {cost.memory:.1f} | '
        f'{cost.parameters / 1e6:.1f} | {parts} |'
    )
