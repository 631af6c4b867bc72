"""The data path of this checkout beside that of another one, and torchvision's.

Each checkout has a process of its own; the other one has two, whose ratio shows how far the machine's noise reaches.
They take turns over the same files with the same seeds, one at a time, each turn in another order. Processor times
count, as in ``benchmarks.views``.
"""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import numpy as np
from mmengine.config import Config

from mmdecon.images.listing import IMAGE_EXTENSIONS, list_images
from mmdecon.refusal import refuse, told_plainly

from .timing import one_thread, reading, time_images, two_views_of, write_figures
from .torchvision_views import TorchvisionViews

OTHER_HELP = 'another checkout of this repository: compare its data path, without regions, with this, and with itself'
ROOT = Path(__file__).resolve().parents[1]
SCRIPT = Path(__file__).with_name('against_process.py')
OURS, REFERENCE = 'this checkout', 'torchvision'
Timer = Callable[[int], float]  # seed -> processor seconds of an image


@dataclass(frozen=True)
class Against:
    """How fast a data path is.

    Attributes:
        pipeline: Whose it is.
        milliseconds: Median processor time of an image, both views.
        ratio: Median over the turns of torchvision's time / its time.
        against: Median over the turns of the other checkout's time / its time: above 1, it is faster.
        quartiles: Lower and upper, of the same.
    """

    pipeline: str
    milliseconds: float
    ratio: float
    against: float
    quartiles: tuple[float, float]


def compare_checkouts(config: str, other: str, paths: Sequence[str], reference: Timer, turns: int = 9) -> list[Against]:
    """Measures the pipeline of a config in two checkouts, the second one twice.

    Regions are left out.

    Args:
        config: Path of a pre-training config in this checkout; the other one has its own at the same place.
        other: Folder of another checkout, such as one of ``git worktree add``.
        paths: Of the images.
        reference: Times torchvision's pipeline.
        turns: Rounds over them, at least 2.

    Raises:
        FileNotFoundError: If the other checkout has no such config.
        RuntimeError: If a process dies; what it wrote stands above.
        ValueError: If the config is none of this checkout, or a process would measure the mmdecon of another folder.
    """
    place = os.path.relpath(os.path.realpath(config), ROOT)
    if place.startswith(os.pardir):
        raise ValueError(f'{config} is not in {ROOT}: with --against, give a config that both checkouts have')
    names = {OURS: ROOT, other: Path(other).resolve(), f'{other}, again': Path(other).resolve()}
    with ExitStack() as stack:
        timers: dict[str, Timer] = {REFERENCE: reference}
        for name, root in names.items():
            timers[name] = stack.enter_context(_timing(root, place, paths))
        seconds: dict[str, list[float]] = {name: [] for name in timers}
        for turn in range(turns):
            for name in np.roll(list(timers), turn).tolist():
                seconds[name].append(timers[name](turn))
    return [_against(name, seconds, other) for name in seconds]


def _against(name: str, seconds: dict[str, list[float]], other: str) -> Against:
    """Takes the medians."""
    times = seconds[name]
    ratio = median(b / a for a, b in zip(times, seconds[REFERENCE]))
    low, middle, high = quantiles((b / a for a, b in zip(times, seconds[other])), n=4, method='inclusive')
    return Against(name, 1e3 * median(times), ratio, middle, (low, high))


@contextmanager
def _timing(root: Path, config: str, paths: Sequence[str]) -> Iterator[Timer]:
    """A process of a checkout, which ends with the context."""
    if not Path(root, config).is_file():
        raise FileNotFoundError(f'{root} (--against) has no {config}: give the folder of a checkout that has')
    environment = dict(os.environ, PYTHONPATH=str(root), OMP_NUM_THREADS='1')
    command = [sys.executable, '-W', 'ignore', str(SCRIPT), str(Path(root, config))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment, cwd=root) as process:
        assert process.stdin is not None and process.stdout is not None  # as they are pipes
        told, heard = process.stdin, process.stdout

        def ask(line: str) -> str:
            try:
                told.write(f'{line}\n')
                told.flush()
                answer = heard.readline()
            except BrokenPipeError:
                answer = ''
            if not answer:
                raise RuntimeError(f'the process died that measured {root}; what it wrote stands above')
            return answer

        try:
            found = Path(json.loads(ask(json.dumps([os.path.realpath(path) for path in paths]))))
            if not found.is_relative_to(root):
                raise ValueError(f'{found} would be measured and not {root} (--against): it holds no mmdecon')
            yield lambda seed: float(ask(str(seed)))
        finally:
            heard.close()
            told.close()


def run_against(args: Namespace) -> None:
    """Measures, prints a table, and writes the figures.

    Args:
        args: Of the parser of ``benchmarks.views``, with ``--against``.
    """
    if len(args.configs) > 1 or args.turns < 2:
        refuse(f'--against takes one config and 2 turns or more, not {len(args.configs)} and {args.turns}')
    with told_plainly():
        names = list_images(args.data, IMAGE_EXTENSIONS)[: args.images]
        steps = Config.fromfile(args.configs[0]).train_dataloader.dataset.pipeline
        reference = reading(TorchvisionViews(two_views_of(steps)), args.data)
    paths = [str(Path(args.data, name)) for name in names]
    with one_thread():
        time_images(reference, names[:2], 0)  # warms up
        try:
            timer = partial(time_images, reference, names)
            speeds = compare_checkouts(args.configs[0], args.against, paths, timer, args.turns)
        except (FileNotFoundError, RuntimeError, ValueError) as error:
            refuse(str(error))
    print(f'{len(names)} images\n\n| data path | ms an image | ratio to torchvision | to {args.against} | quartiles |')
    print('|---|---:|---:|---:|---:|')
    for speed in speeds:
        figures = f'{speed.milliseconds:.2f} | {speed.ratio:.2f} | {speed.against:.3f}'
        print(f'| {speed.pipeline} | {figures} | {speed.quartiles[0]:.3f} to {speed.quartiles[1]:.3f} |')
    if args.json:
        write_figures(args, speeds)
