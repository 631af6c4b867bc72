"""Draws what a run did."""

from argparse import ArgumentParser, Namespace

from mmdecon.files import require_picture, write_picture
from mmdecon.refusal import refuse
from mmdecon.visualization.runs import draw_runs


def parse() -> Namespace:
    """Reads the arguments."""
    parser = ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest='kind', required=True)
    curves = kinds.add_parser('curves', help="losses and spread of each run's branches")
    curves.add_argument('out', help='the picture to write')
    curves.add_argument('runs', nargs='+', help='work directories')
    curves.add_argument('--per-row', type=int, default=2, help='runs side by side (default: %(default)s)')
    return parser.parse_args()


def main() -> None:
    """Draws and writes."""
    args = parse()
    try:
        require_picture(args.out, 'OUT')
        write_picture(args.out, draw_runs(args.runs, args.per_row))
    except (ValueError, OSError) as fault:
        refuse(f'{fault}')


if __name__ == '__main__':
    main()
