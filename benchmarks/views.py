"""Images per second and core of two-view pipelines, as ratios to torchvision's with the same distributions.

Machines are noisy: the pipelines take turns over the same files, each turn in another order, and the medians of the
turns' processor times and of their ratios count. One process, one thread; files come from the system's cache.
"""

from argparse import Namespace, _SubParsersAction
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from PIL import Image

from mmdecon.cli import require_config
from mmdecon.images.listing import IMAGE_EXTENSIONS, list_images
from mmdecon.refusal import told_plainly
from mmdecon.regions import Job, make_store
from mmdecon.regions.felzenszwalb import Felzenszwalb

from .against import OTHER_HELP, run_against
from .timing import one_thread, reading, time_images, two_views_of, write_figures
from .torchvision_views import TorchvisionViews

REFERENCE = 'torchvision'


@dataclass(frozen=True)
class Speed:
    """How fast a pipeline is.

    Attributes:
        pipeline: The config's name and what was changed, or ``torchvision``.
        milliseconds: Median processor time of an image, both views.
        per_second: Images per second and core.
        ratio: Median over the turns of torchvision's time / its time.
    """

    pipeline: str
    milliseconds: float
    per_second: float
    ratio: float


def compare_views(configs: Sequence[str], folder: str, images: int = 50, turns: int = 9) -> list[Speed]:
    """Measures the pipelines of some configs without and with regions beside torchvision's.

    Regions come from a store, made of the images by Felzenszwalb and Huttenlocher's method before anything is measured,
    unless the config makes its own while loading.

    Args:
        configs: Paths of pre-training configs; torchvision's pipeline imitates the first.
        folder: Of images, searched recursively.
        images: How many to take, from the start.
        turns: How many times each pipeline goes over them.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no image, or torchvision's pipeline cannot imitate the first config's.
    """
    names = list_images(folder, IMAGE_EXTENSIONS)[:images]
    with ExitStack() as stack:
        store = str(Path(stack.enter_context(TemporaryDirectory()), 'a.regions'))
        make_store(Job(folder, Felzenszwalb(scale=1000, min_size=1000)), names, store)
        stack.enter_context(one_thread())
        pipelines = _pipelines(configs, folder, store)
        for run in pipelines.values():  # warms up
            time_images(run, names[:2], 0)
        seconds: dict[str, list[float]] = {name: [] for name in pipelines}
        for turn in range(turns):
            for name in np.roll(list(pipelines), turn).tolist():
                seconds[name].append(time_images(pipelines[name], names, turn))
    return [_speed(name, times, seconds[REFERENCE]) for name, times in seconds.items()]


def _speed(name: str, times: Sequence[float], reference: Sequence[float]) -> Speed:
    """Takes the medians."""
    return Speed(name, 1e3 * median(times), 1 / median(times), median(b / a for a, b in zip(times, reference)))


def _pipelines(configs: Sequence[str], folder: str, store: str) -> dict[str, Callable[[str], Any]]:
    """What to measure, by its name; each takes an image's name."""
    steps = {Path(config).stem: Config.fromfile(config).train_dataloader.dataset.pipeline for config in configs}
    two_views = two_views_of(next(iter(steps.values())))
    made: dict[str, Callable[[str], Any]] = {}
    for name, finish in ((REFERENCE, True), (f'{REFERENCE}, to bytes', False)):
        made[name] = reading(TorchvisionViews(two_views, finish), folder)
    for name, pipeline in steps.items():
        plain = [step for step in pipeline if step['type'] != 'mmdecon.LoadRegions']
        own = [step for step in pipeline if step['type'] == 'mmdecon.LoadRegions' and not step.get('store')]
        regions = own or [dict(type='mmdecon.LoadRegions', store=store)]
        made[name] = _loading(Compose(plain), folder)
        made[f'{name}, regions {"made" if own else "from a store"}'] = _loading(
            Compose([plain[0], *regions, *plain[1:]]), folder
        )
    return made


def _loading(run: Callable[[dict], Any], folder: str) -> Callable[[str], Any]:
    return lambda name: run(dict(img_path=str(Path(folder, name)), name=name))


def add_parser(kinds: _SubParsersAction) -> None:
    """Adds ``views`` to ``python -m benchmarks``.

    Args:
        kinds: Its subparsers.
    """
    parser = kinds.add_parser('views', help='images per second and core of the data path')
    parser.add_argument('configs', nargs='+', help='pre-training configs; torchvision imitates the first')
    parser.add_argument('--data', required=True, metavar='FOLDER', help='images, searched recursively')
    parser.add_argument('--images', type=int, default=50, help='how many of them (default: %(default)s)')
    parser.add_argument('--turns', type=int, default=9, help='rounds over them (default: %(default)s)')
    parser.add_argument('--against', metavar='CHECKOUT', help=OTHER_HELP)
    parser.add_argument('--json', metavar='OUT', help='a file for the figures')
    parser.set_defaults(run=run)


def run(args: Namespace) -> None:
    """Measures, prints a table, and writes the figures.

    Args:
        args: Of the parser.
    """
    for config in args.configs:
        require_config(config)
    if args.against:
        run_against(args)
        return
    with told_plainly():
        speeds = compare_views(args.configs, args.data, args.images, args.turns)
    names = list_images(args.data, IMAGE_EXTENSIONS)[: args.images]
    pixels = mean(np.prod(Image.open(Path(args.data, name)).size) / 1e6 for name in names)
    print(f'{len(names)} images of {pixels:.2f} megapixels\n\n| pipeline | ms an image | images / s and core | ratio |')
    print('|---|---:|---:|---:|')
    for speed in speeds:
        print(f'| {speed.pipeline} | {speed.milliseconds:.2f} | {speed.per_second:.0f} | {speed.ratio:.2f} |')
    if args.json:
        write_figures(args, speeds, megapixels=float(pixels))
