"""Measures what levels of encoders and decoders know: linear, nearest-neighbour and clustering probes, side by side.

Each network is compared with itself under a random decoder, and with all levels of its encoder joined.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import MMLogger

from mmdecon.evaluation import (
    METHODS,
    Options,
    Result,
    Split,
    Subject,
    draw_images,
    evaluate,
    open_pair,
    open_subject,
    to_json,
)
from mmdecon.evaluation.cells import DRAWINGS, LABELLINGS
from mmdecon.evaluation.options import SCORING
from mmdecon.evaluation.pictures import draw_bars, draw_subjects
from mmdecon.evaluation.table import METRICS, differences, table
from mmdecon.files import require_writable, write_json, write_picture, write_text
from mmdecon.refusal import refuse


def parse() -> Namespace:
    """Reads the arguments."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        'networks',
        nargs='+',
        metavar='NETWORK',
        help='a checkpoint of DeCon; an export, with --config; or a config (.py) whose network starts as it says',
    )
    parser.add_argument('--out', required=True, metavar='DIR', help='where probe.json, table.md and pictures go')
    parser.add_argument('--half', choices=['teacher', 'student'], default='teacher', help='default: %(default)s')
    parser.add_argument('--config', nargs='+', help='of the networks without one of their own: one for all, or each')
    parser.add_argument('--names', nargs='+', help='of the networks in tables')
    parser.add_argument('--device', help='cpu, cuda, ... (default: the GPU, if there is one)')
    for add in (_add_data, _add_probes, _add_results):
        add(parser)
    return parser.parse_args()


def _add_data(parser: ArgumentParser) -> None:
    """What is probed on."""
    data = parser.add_argument_group('data', "a config of mmseg, or folders of images and their annotations' PNGs")
    data.add_argument('--data', metavar='CONFIG', help='train_dataloader and val_dataloader (or test_) name the data')
    data.add_argument('--images', metavar='DIR', help='of the images to learn from')
    data.add_argument('--labels-dir', metavar='DIR', help='of their annotations')
    data.add_argument('--train-list', metavar='FILE', help='which images to learn from, one name a line (default: all)')
    data.add_argument('--val-images', metavar='DIR', help='of the images to score on (default: --images)')
    data.add_argument('--val-labels-dir', metavar='DIR', help='of their annotations (default: --labels-dir)')
    data.add_argument('--val-list', metavar='FILE', help='which images to score on')
    data.add_argument('--train-count', type=int, metavar='N', help='the first N images to learn from alone')
    data.add_argument('--val-count', type=int, metavar='N', help='the first N images to score on alone')
    data.add_argument('--classes', nargs='+', metavar='NAME', help='of folders (default: numbers, as many as occur)')
    data.add_argument(
        '--ignore-index', type=int, nargs='+', default=[255], help='labels of folders that do not count (default: 255)'
    )
    data.add_argument('--labels', type=int, nargs='+', metavar='N', help='how many images have labels (default: all)')
    data.add_argument('--draws', type=int, default=1, help='draws of the labelled images, nested (default: 1)')


def _add_probes(parser: ArgumentParser) -> None:
    """How."""
    what = parser.add_argument_group('probes')
    what.add_argument('--levels', nargs='+', help="such as p2 p3 p2+p3 (default: the decoders', and all joined)")
    what.add_argument('--methods', nargs='+', choices=METHODS, default=list(METHODS), help='default: all')
    what.add_argument('--random-seeds', type=int, nargs='*', default=[0], help='of random decoders (default: 0)')
    what.add_argument('--scratch', action='store_true', help='compare with networks random throughout, too')
    what.add_argument('--cells', type=int, default=10_000, help='cells to learn from (default: %(default)s)')
    what.add_argument('--cell-label', choices=LABELLINGS, default='majority', help='default: %(default)s')
    what.add_argument('--draw-cells', choices=DRAWINGS, default='balanced', help='default: %(default)s')
    what.add_argument('--score', choices=SCORING, default='pixel', help='what is counted (default: %(default)s)')
    what.add_argument('--short-side', type=int, metavar='PIXELS', help='of the images (default: as they are)')
    what.add_argument('--background', type=int, default=0, help='class that is no foreground (default: 0; -1: none)')
    what.add_argument('--neighbours', type=int, default=30, help='of knn (default: %(default)s)')
    what.add_argument('--temperature', type=float, default=0.02, help='of knn (default: %(default)s)')
    what.add_argument('--raw', action='store_true', help='no standardised channels in knn and cluster')
    what.add_argument('--penalty', type=float, default=1e-3, help='of linear (default: %(default)s)')
    what.add_argument('--clusters', type=int, help='default: as many as classes')
    what.add_argument('--seed', type=int, default=0, help='of draws and cells (default: 0)')


def _add_results(parser: ArgumentParser) -> None:
    """What is told and drawn of it."""
    shown = parser.add_argument_group('results')
    shown.add_argument('--metric', choices=METRICS, default='foreground_mIoU', help='of tables (default: %(default)s)')
    shown.add_argument('--as-seeds', action='store_true', help='the networks are seeds of one recipe: sum them up')
    shown.add_argument('--pictures', type=int, default=4, help='images of which maps are drawn (default: 4)')


def open_data(args: Namespace) -> tuple[Split, Split]:
    """The images to learn from, and those to score on."""
    if bool(args.data) == bool(args.images):
        refuse('give the data either by --data CONFIG or by --images DIR and --labels-dir DIR')
    if args.data:
        cfg = Config.fromfile(args.data)
        loaders = [cfg.get('train_dataloader'), cfg.get('val_dataloader') or cfg.get('test_dataloader')]
        if not all(loaders):
            refuse(f'--data {args.data} has no train_dataloader, or neither val_dataloader nor test_dataloader')
        configs = [loader['dataset'] for loader in loaders]
    else:
        configs = folders(args)
    counts = (args.train_count, args.val_count)
    return open_pair(*({**config, 'count': count} for config, count in zip(configs, counts)))


def folders(args: Namespace) -> list[dict[str, Any]]:
    """The folders of both, as :func:`open_split` takes them."""
    if not args.labels_dir or not (args.val_list or args.val_images):
        refuse('--images needs --labels-dir, and --val-list or --val-images, which tell the images to score on')
    common = dict(classes=args.classes, ignore=args.ignore_index)
    val_images, val_labels = args.val_images or args.images, args.val_labels_dir or args.labels_dir
    return [
        dict(images=args.images, labels=args.labels_dir, list_file=args.train_list, **common),
        dict(images=val_images, labels=val_labels, list_file=args.val_list, **common),
    ]


def open_networks(args: Namespace) -> list[Subject]:
    """The networks, on their device."""
    configs, names = args.config or [None], args.names or [None] * len(args.networks)
    configs = configs * len(args.networks) if len(configs) == 1 else configs
    for key, given in (('config', configs), ('names', names)):
        if len(given) != len(args.networks):
            refuse(f'--{key} has {len(given)} values for {len(args.networks)} networks: give one for each')
    opened = [
        open_subject(path, args.half, None if path.endswith('.py') else config, name)
        for path, config, name in zip(args.networks, configs, names)
    ]
    if len({subject.name for subject in opened}) < len(opened):
        refuse(f'the networks {[subject.name for subject in opened]} cannot be told apart: give --names')
    for subject in opened:
        subject.network.to(args.device or get_device())
    return opened


def options(args: Namespace) -> Options:
    """How to probe."""
    standardise = dict(standardise=not args.raw)
    return Options(
        methods=args.methods,
        cells=args.cells,
        labelling=args.cell_label,
        drawing=args.draw_cells,
        scoring=args.score,
        short_side=args.short_side,
        background=None if args.background < 0 else args.background,
        seed=args.seed,
        linear=dict(penalty=args.penalty),
        knn=dict(neighbours=args.neighbours, temperature=args.temperature, **standardise),
        cluster=dict(**standardise, **(dict(clusters=args.clusters) if args.clusters else {})),
    )


def report(args: Namespace, results: list[Result]) -> str:
    """The tables, and what their numbers are."""
    return '\n\n'.join(
        [
            f'{args.metric}, percent; ± is the 95 % interval over draws. Cells are labelled by {args.cell_label}, '
            f'drawn {args.draw_cells}, {args.cells} at most; scores count each {args.score}.',
            table(results, args.metric),
            'Differences, paired by draw:',
            differences(results, args.metric, args.as_seeds),
        ]
    )


def main() -> None:
    """Probes and writes."""
    args = parse()
    MMLogger.get_instance('probe', log_level='WARNING')  # or mmengine tells how each tensor was initialised
    try:
        require_writable(Path(args.out, 'probe.json'), '--out')
        how, (train, val) = options(args), open_data(args)
        draws, subjects = draw_images(len(train), args.labels, args.draws, args.seed), open_networks(args)
        results = evaluate(subjects, args.levels, train, val, draws, how, args.random_seeds, args.scratch)
        about = dict(networks=args.networks, half=args.half, draws=[(d.labels, d.number, d.images) for d in draws])
        write_json(Path(args.out, 'probe.json'), to_json(results, train, val, how, **about))
        text = report(args, results)
        write_text(Path(args.out, 'table.md'), text + '\n')
        write_picture(Path(args.out, 'bars.png'), draw_bars(results, args.metric))
        if args.pictures:
            picture = draw_subjects(subjects, args.levels, train, val, args.random_seeds, args.pictures, how)
            write_picture(Path(args.out, 'maps.png'), picture)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        refuse(str(error))
    print(f'{text}\n\nwritten to {args.out}')


if __name__ == '__main__':
    main()
