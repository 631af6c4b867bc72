"""How fast regions are made: Felzenszwalb beside scikit-image, on the same images in one run."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from mmengine.config import DictAction

from mmdecon.files import write_json
from mmdecon.images.listing import IMAGE_EXTENSIONS, list_images
from mmdecon.refusal import told_plainly


def add_parser(kinds: _SubParsersAction) -> None:
    """Adds ``regions`` to ``python -m benchmarks``.

    Args:
        kinds: Its subparsers.
    """
    parser = kinds.add_parser('regions', help='time of Felzenszwalb beside scikit-image')
    parser.add_argument('--data', required=True, metavar='FOLDER', help='images, searched recursively')
    parser.add_argument('--images', type=int, default=50, help='how many of them (default: %(default)s)')
    options = dict(nargs='+', action=DictAction, default={}, metavar='KEY=VALUE')
    parser.add_argument('--options', help='of both: scale, min_size, sigma', **options)
    parser.add_argument('--json', metavar='OUT', help='a file for the figures')
    parser.set_defaults(run=run)


def run(args: Namespace) -> None:
    """Measures, prints a table, and writes the figures.

    Args:
        args: Of the parser.
    """
    with told_plainly():
        from .felzenszwalb import compare_felzenszwalb  # late: compiles, and needs scikit-image

        names = list_images(args.data, IMAGE_EXTENSIONS)[: args.images]
        comparison = compare_felzenszwalb([str(Path(args.data, name)) for name in names], **args.options)
    print(comparison.table())
    if args.json:
        write_json(args.json, comparison.to_json())
