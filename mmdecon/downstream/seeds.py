"""What came of runs with several seeds: mean and 95 % interval of each metric.

Run as ``python -m mmdecon.downstream.seeds FOLDER... --metrics mIoU aAcc``. A folder holds the work directories of one
config, one for each seed; prints a row of a table each. Shapes: n seeds.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np

from ..refusal import told_plainly
from ..visualization import read_scalars
from ..visualization.runs import find_scalars

TRUST = 0.95


class Spread(NamedTuple):
    """A mean over seeds, half the width of its interval (NaN for one seed), and n."""

    mean: float
    half: float
    n: int


def quantile(freedom: int, probability: float = (1 + TRUST) / 2) -> float:
    """The value below which Student's t lies with a probability; scipy is not among what mmdecon needs.

    Args:
        freedom: Degrees of freedom, 1 or more.
        probability: 0.5..0.99.

    Returns:
        To five digits.

    Example:
        >>> round(quantile(2), 3)
        4.303
    """
    constant = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    low, high = 0.0, 64.0
    for _ in range(48):
        middle = (low + high) / 2
        x = np.linspace(0, middle, 2001)
        density = constant * (1 + x * x / freedom) ** (-(freedom + 1) / 2)
        share = 0.5 + float((density[1:] + density[:-1]).sum()) / 2 * x[1]
        low, high = (middle, high) if share < probability else (low, middle)
    return middle


def interval(values: Sequence[float]) -> Spread:
    """Mean and t-interval: half of it is the quantile at n - 1 degrees of freedom times the standard error.

    Args:
        values: One of each seed.
    """
    n = len(values)
    half = quantile(n - 1) * stdev(values) / math.sqrt(n) if n > 1 else math.nan
    return Spread(mean(values), half, n)


def last_values(folder: str | Path, metric: str) -> list[float]:
    """What each run of a config measured last.

    Args:
        folder: Holds work directories of runs, and nothing else.
        metric: As mmengine logs it.

    Raises:
        FileNotFoundError: If there are no runs, or one has logged nothing.
        ValueError: If a run has not measured it, or some measured it after fewer steps than others.
    """
    runs = sorted(path for path in Path(folder).iterdir() if path.is_dir()) if Path(folder).is_dir() else []
    if not runs:
        raise FileNotFoundError(f'{folder} holds no work directories: give the folder of the runs of one config')
    values, steps = [], set()
    for run in runs:
        scalars = read_scalars(find_scalars(run))
        if metric not in scalars:
            raise ValueError(f'{run} has not measured {metric}, but has logged {", ".join(scalars)}')
        values.append(float(scalars[metric][1][-1]))
        steps.add(int(scalars[metric][0][-1]))
    if len(steps) > 1:
        raise ValueError(f'the runs in {folder} measured {metric} after {sorted(steps)} steps: let all of them end')
    return values


def show(spread: Spread, digits: int) -> str:
    """A cell of a table.

    Args:
        spread: A metric.
        digits: Behind the point.

    Example:
        >>> show(Spread(35.18, 1.206, 3), 1)
        '35.2 ± 1.2'
    """
    text = f'{spread.mean:.{digits}f}'
    return text if math.isnan(spread.half) else f'{text} ± {spread.half:.{digits}f}'


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description='Mean and 95 % t-interval of runs with several seeds.')
    parser.add_argument('folders', nargs='+', metavar='FOLDER', help='of one config: a work directory for each seed')
    parser.add_argument('--metrics', nargs='+', required=True, help='as they are logged, such as mIoU or abs_rel')
    parser.add_argument('--digits', type=int, default=1, help='behind the point; %(default)s by default')
    arguments = parser.parse_args()
    print(f'| config | seeds | {" | ".join(arguments.metrics)} |\n|{"---|" * (2 + len(arguments.metrics))}')
    with told_plainly():
        for folder in arguments.folders:
            spreads = [interval(last_values(folder, metric)) for metric in arguments.metrics]
            cells = [show(spread, arguments.digits) for spread in spreads]
            print(f'| {Path(folder).resolve().name} | {spreads[0].n} | {" | ".join(cells)} |')


if __name__ == '__main__':
    main()
