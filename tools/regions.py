"""Makes stores of regions and compares regions with ground-truth annotations.

tools/regions.py IMAGES OUT --method METHOD     make a store (or: tools/regions.py make IMAGES OUT ...)
tools/regions.py report REGIONS HUMAN           compare with human annotations
"""

import json
import os
import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mmdecon.files import require_picture, require_writable, write_json, write_picture
from mmdecon.images.listing import IMAGE_EXTENSIONS, keep_listed, list_images
from mmdecon.path_options import OptionsAction
from mmdecon.refusal import refuse
from mmdecon.regions import Job, RegionStore, make_store
from mmdecon.regions.build import CHOICES
from mmdecon.regions.compare import Source, compare, draw_examples
from mmdecon.regions.methods import METHODS, build_generator, build_human
from mmdecon.regions.rasters import RasterImages
from mmdecon.regions.report import table

COLUMNS = (
    TextColumn('{task.description}'),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
)
OPTIONS = dict(nargs='+', action=OptionsAction, default={}, metavar='KEY=VALUE')
RASTER: dict[str, Any] = dict(OPTIONS, nargs='*', default=None)
HUMAN = [name for name in METHODS if name.startswith('human-')]


def parse(words: list[str]) -> Namespace:
    """Reads the arguments; what names no command makes a store."""
    if words[:1] not in (['make'], ['report'], ['-h'], ['--help']):
        words = ['make', *words]
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    make = commands.add_parser('make', help='makes a store; continues one that was interrupted')
    make.add_argument('images', help='a folder, searched recursively')
    make.add_argument('out', help='the file to make')
    make.add_argument(
        '--method', required=True, metavar='METHOD', help=f'{", ".join(METHODS)}, or a type such as my.Type'
    )
    make.add_argument('--options', help="the method's arguments, scale=300 for example", **OPTIONS)
    make.add_argument(
        '--raster', help='images of any channels and dtype: options of LoadRaster, bands=0,1,2 for example', **RASTER
    )
    make.add_argument('--workers', type=int, help='processes (default: as many as cores; 0: none but this one)')
    make.add_argument('--list', metavar='FILE', help='use these images alone, one name a line')
    make.add_argument('--unreadable', choices=CHOICES['unreadable'], default='stop', help='images that cannot be read')
    make.add_argument('--empty', choices=CHOICES['empty'], default='stop', help='images without any region')
    report = commands.add_parser('report', help='compares regions with human annotations')
    report.add_argument('regions', nargs='+', metavar='REGIONS', help=f'stores, or methods: {", ".join(METHODS)}')
    report.add_argument('human', metavar='HUMAN', help="COCO's JSON file, or a folder of .png or BSDS500's .mat")
    report.add_argument('--images', help="the images' folder, for methods and --out")
    report.add_argument('--options', help='arguments of the method, where REGIONS names one', **OPTIONS)
    report.add_argument('--human-method', choices=HUMAN, help='what HUMAN is (default: by its look)')
    report.add_argument('--human-options', help="arguments of HUMAN's reader, ignore=0,255 for example", **OPTIONS)
    report.add_argument('--list', metavar='FILE', help='use these images alone, one name a line')
    report.add_argument('--out', metavar='PNG', help='draw examples')
    report.add_argument('--examples', type=int, default=4, help='how many to draw (default: %(default)s)')
    report.add_argument('--json', metavar='FILE', help='also write the numbers there')
    return parser.parse_args(words)


def image_names(folder: str, list_file: str | None) -> list[str]:
    """Lists the images of a folder."""
    try:
        found = {folder: list_images(folder, IMAGE_EXTENSIONS)}
        return (keep_listed(found, list_file) if list_file else found)[folder]
    except (ValueError, OSError) as error:
        message = str(error).replace('dataset.list_file', '--list').replace(' (dataset.folders)', '')
        refuse(message.replace(', absolute or relative to dataset.data_root', ''))


def make(args: Namespace) -> None:
    """Makes a store, and tells what it holds and cost."""
    workers = os.cpu_count() if args.workers is None else args.workers
    if workers < 0:
        refuse(f'--workers {workers}: give a number of processes, or 0 for none but this one')
    rasters = None if args.raster is None else RasterImages(args.images, args.raster, args.list)
    job = Job(args.images, build_generator(args.method, args.options), args.unreadable, args.empty, rasters)
    names, start = rasters.names if rasters else image_names(args.images, args.list), time.perf_counter()
    with Progress(*COLUMNS) as bar:
        task = bar.add_task('images', total=len(names))
        made = make_store(job, names, args.out, workers, lambda done, _: bar.update(task, completed=done))
    seconds, size, store = time.perf_counter() - start, os.path.getsize(args.out), RegionStore(args.out)
    print(f'{args.out}: {len(store)} images, {store.planes} planes at most, {store.counts["regions"]} regions')
    print(f'options {json.dumps(store.options)}, {store.fingerprint[:12]}')
    print(f'{size} bytes, {size / len(store):.0f} an image')
    if made:
        print(f'{seconds / made * 1e3:.1f} ms an image: {made} in {seconds:.1f} s by {max(workers, 1)} processes')
    for key, what in (('empty', 'have no region'), ('absent', 'could not be read, and have none')):
        if store.counts[key]:
            print(f'{store.counts[key]} images {what}')


def titles(regions: list[str]) -> dict[str, str]:
    """Names the columns of the report: files by their base names, unless two have the same."""
    short = {os.path.basename(one): one for one in regions}
    return short if len(short) == len(regions) else {one: one for one in regions}


def report(args: Namespace) -> None:
    """Prints a table, and draws examples."""
    if args.out:
        require_picture(args.out, '--out')
    if args.json:
        require_writable(args.json, '--json')
    methods = [one for one in args.regions if one in METHODS]
    if args.options and len(methods) != 1:
        refuse(f'--options are for one method, but REGIONS names {len(methods)}: make stores of the others')
    if (methods or args.out or args.list) and not args.images:
        needy = [*methods, *(f'--{key}' for key in ('out', 'list') if getattr(args, key))]
        refuse(f'{", ".join(needy)}: give the folder of the images by --images')
    if len(set(args.regions)) < len(args.regions):
        refuse('REGIONS names the same twice')
    sources: dict[str, Source] = {
        title: build_generator(one, args.options) if one in METHODS else RegionStore(one)
        for title, one in titles(args.regions).items()
    }
    human = build_human(args.human, args.human_method, args.human_options)
    stored = next((source for source in sources.values() if isinstance(source, RegionStore)), None)
    names = list(stored) if stored and not args.images else image_names(args.images, args.list)
    findings = compare(sources, human, names, args.images)
    print(f'{len(findings.names)} of {len(names)} images have been drawn on by people')
    print(table(findings.qualities))
    if args.json:
        write_json(args.json, findings.to_json())
    if args.out:
        write_picture(args.out, draw_examples(findings, sources, human, args.images, args.examples))


def main() -> None:
    """Does what the command says; what cannot be done ends with one sentence."""
    args = parse(sys.argv[1:])
    try:
        dict(make=make, report=report)[args.command](args)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        refuse(str(error))
    except KeyboardInterrupt:
        refuse('interrupted; the same command goes on from here')


if __name__ == '__main__':
    main()
