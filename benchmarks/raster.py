"""Seconds and memory of two views of a large TIFF: by windows, as ratios to decoding it whole."""

from argparse import Namespace, _SubParsersAction
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from mmdecon.files import write_json

from .crew import asking
from .raster_process import Setting, prepare, write_tiff

SCALES = ((0.0001, 0.001), (0.08, 1.0))


@dataclass(frozen=True)
class Cost:
    """What two views of an image cost.

    Attributes:
        scale: Smallest and largest fraction of the image's area that a crop has.
        late: Whether windows are decoded, not all of it.
        seconds: Median of a sample.
        memory: Peak in MiB above what the process held before.
    """

    scale: tuple[float, float]
    late: bool
    seconds: float
    memory: float


def compare_windows(path: str, scales: Sequence[tuple[float, float]] = SCALES, turns: int = 3) -> list[Cost]:
    """Measures windows and whole decoding side by side.

    Args:
        path: The file.
        scales: Of crops.
        turns: Samples of each that count, after one that does not.

    Raises:
        RuntimeError: If a process dies, as it does without enough memory.
    """
    costs = []
    for scale in scales:
        with ExitStack() as stack:
            settings = [Setting(path, late, scale) for late in (True, False)]
            asks = [stack.enter_context(asking(prepare, setting, 1)) for setting in settings]
            times = [[ask(str(turn))[0] for ask in asks] for turn in range(turns + 1)][1:]
            for number, (setting, ask) in enumerate(zip(settings, asks)):
                seconds = median(time[number] for time in times)
                costs.append(Cost(scale, setting.late, seconds, ask('memory')[0]))
    return costs


def add_parser(kinds: _SubParsersAction) -> None:
    """Adds ``raster`` to ``python -m benchmarks``.

    Args:
        kinds: Its subparsers.
    """
    parser = kinds.add_parser('raster', help='two views of a large TIFF by windows, and from all of it')
    parser.add_argument('--side', type=int, default=20000, help='height and width in pixels (default: %(default)s)')
    parser.add_argument('--turns', type=int, default=3, help='samples that count (default: %(default)s)')
    parser.add_argument('--json', metavar='OUT', help='a file for the figures')
    parser.set_defaults(run=run)


def run(args: Namespace) -> None:
    """Writes an image, measures, prints a table, and writes the figures.

    Args:
        args: Of the parser.
    """
    with TemporaryDirectory() as folder:
        path = str(Path(folder, 'scene.tif'))
        write_tiff(path, args.side)
        costs = compare_windows(path, turns=args.turns)
    print('| crops, fraction of the area | decoded | s a sample | peak MiB |\n|---|---|---:|---:|')
    for cost in costs:
        part = ' to '.join(f'{edge:g}' for edge in cost.scale)
        print(f'| {part} | {"windows" if cost.late else "whole"} | {cost.seconds:.3f} | {cost.memory:.0f} |')
    if args.json:
        write_json(args.json, dict(side=args.side, turns=args.turns, costs=[asdict(cost) for cost in costs]))
