"""The results of runs with several seeds: mean and 95 % interval of each metric.

Run as ``python -m projects.seeds FOLDER... --metrics mIoU aAcc``. A folder holds the work directories of one
config, one for each seed; prints a row of a table each. Shapes: n seeds.
"""

import argparse
from pathlib import Path

from mmdecon.refusal import told_plainly
from mmdecon.spreads import spread
from mmdecon.visualization import read_scalars
from mmdecon.visualization.runs import find_scalars


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
            spreads = [spread(last_values(folder, metric)) for metric in arguments.metrics]
            cells = [one.show(digits=arguments.digits) for one in spreads]
            print(f'| {Path(folder).resolve().name} | {spreads[0].n} | {" | ".join(cells)} |')


if __name__ == '__main__':
    main()
