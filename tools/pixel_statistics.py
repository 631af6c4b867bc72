"""Measures the values of all images below a folder, and says how to normalise them.

Mean, standard deviation, smallest, largest and percentiles of each channel, over all pixels that have a value (not NaN,
not nodata), image by image, tile by tile. Percentiles are exact, but for float64, which is rounded to float32; values
of more than 16 bits are read twice for them.
"""

from argparse import ArgumentParser, Namespace
from typing import Any


def parse() -> Namespace:
    """Reads the arguments."""
    from mmdecon.path_options import OptionsAction
    from mmdecon.statistics import CHOICES

    raster: dict[str, Any] = dict(nargs='*', action=OptionsAction, metavar='KEY=VALUE')
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('folder', help='of images, searched recursively')
    parser.add_argument(
        '--raster',
        help='images of any channels and dtype: options of LoadRaster, bands=0,1,2 for example '
        '(default: photos, read as LoadImage does)',
        **raster,
    )
    parser.add_argument('--normalise', choices=CHOICES, default='constants', help='default: %(default)s')
    parser.add_argument(
        '--value-range', nargs=2, type=float, metavar=('LOW', 'HIGH'), help='for --normalise range (default: the files)'
    )
    parser.add_argument('--count', type=int, help='of images or tiles, chosen by chance (default: all)')
    parser.add_argument('--seed', type=int, default=0, help='of that choice (default: %(default)s)')
    parser.add_argument('--workers', type=int, default=0, help='processes (default: none but this one)')
    parser.add_argument('--out', metavar='FILE', help='also write all numbers there, as JSON')
    return parser.parse_args()


def show(found: Any) -> None:
    """Prints a table of the channels."""
    from mmdecon import tables

    summary = found.summary
    columns = dict(mean=summary.mean, std=summary.std, min=summary.low, max=summary.high)
    columns.update({f'p{percent:g}': row for percent, row in zip(found.percents, found.percentiles)})
    print(tables.head(['channel', *columns], words=1))
    for channel in range(len(summary.mean)):
        print(tables.row([channel, *(f'{values[channel]:.6g}' for values in columns.values())]))
    print(f'{found.images} images, {summary.count} pixels of {summary.dtype}, {summary.left_out} without a value')


def run(args: Namespace) -> None:
    """Measures, prints and writes."""
    from rich.progress import Progress

    from mmdecon.files import require_writable, write_json
    from mmdecon.refusal import refuse
    from mmdecon.statistics import Folder, measure, normalise, snippet
    from mmdecon.statistics.normalising import to_json

    if args.workers < 0:
        refuse(f'--workers {args.workers}: give a number of processes, or 0 for none but this one')
    if args.out:
        require_writable(args.out, '--out')
    folder = Folder(args.folder, args.raster, args.count, args.seed)
    with Progress() as bar:
        task = bar.add_task('images', total=len(folder.numbers))
        found = measure(
            folder, workers=args.workers, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    show(found)
    mean, std = normalise(found, args.normalise, args.value_range)
    print(snippet(mean, std, folder.is_photos))
    if args.out:
        write_json(args.out, to_json(found, mean, std, args.normalise, folder.is_photos))


def main() -> None:
    """Measures; what cannot be done ends with one sentence."""
    from mmdecon.refusal import refuse

    try:
        run(parse())
    except (ValueError, OSError, ModuleNotFoundError) as error:
        refuse(str(error))


if __name__ == '__main__':
    main()
