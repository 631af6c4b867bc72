"""Measures what training costs: ratios, side by side in one run."""

from argparse import ArgumentParser, Namespace

from mmdecon.files import require_picture, require_writable
from mmdecon.refusal import told_plainly

from . import loss, raster, regions, step, views


def parse() -> Namespace:
    """Reads the arguments; each kind of measurement adds its own."""
    parser = ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest='kind', required=True)
    for kind in (step, views, regions, loss, raster):
        kind.add_parser(kinds)
    return parser.parse_args()


def main() -> None:
    """Measures and prints."""
    args = parse()
    with told_plainly():
        if args.json:
            require_writable(args.json, '--json')
        if getattr(args, 'plot', None):
            require_picture(args.plot, '--plot')
    args.run(args)


if __name__ == '__main__':
    main()
