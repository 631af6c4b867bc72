"""Pre-trains encoder and decoder of the model that a config of mmseg or mmdet describes, and exports them for it."""

import shlex
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mmdecon.files import require_writable
from mmdecon.locking import locked
from mmdecon.pretrain_for import METHODS, Plan, Run, config_text, make_plan, prove, read_downstream
from mmdecon.pretrain_for.batch import ON_CPU
from mmdecon.pretrain_for.choices import choose_run
from mmdecon.pretrain_for.commands import Places, carry_on, export_command, make_folder, place, train_command
from mmdecon.pretrain_for.config_file import VIEW
from mmdecon.pretrain_for.plan import prove_edited
from mmdecon.pretrain_for.rasters import PRESETS
from mmdecon.pretrain_for.record import (
    begin,
    is_finished,
    require_length,
    require_trained,
    require_undamaged,
    settle,
    was_edited,
)
from mmdecon.pretrain_for.report import fine_tuning_options, plan_table, start_line
from mmdecon.refusal import refuse

FEW = 300
"""Steps of the shortest run of ours in which a decoder learnt what can be measured (projects/demo)."""
TOOLS = Path(__file__).resolve().parent


def parse() -> Namespace:
    """Reads the arguments."""
    parser = ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('config', help='of the model to be fine-tuned: a file, or the name of a config that mmseg or mmdet ships')
    add('--images', nargs='+', required=True, metavar='FOLDER', help='images, without annotations')
    add('--method', choices=METHODS, default='slotcon', help='what is contrasted (default: %(default)s)')
    cost = parser.add_mutually_exclusive_group()
    cost.add_argument('--fast', action='store_true', help='narrow projectors at 14 x 14 cells of a level (default)')
    cost.add_argument('--exact', action='store_true', help='projectors as published at all cells')
    add('--decoder-only', action='store_true', help='keep the encoder as --init has it; the decoder alone trains')
    add('--epochs', type=int, default=200, help='passes over the images (default: %(default)s)')
    add('--init', metavar='FILE', help='weights that the encoder starts from: a file, a URL, torchvision://NAME')
    first = (
        'what channels of the first convolution start from, where --init has three: repeat, mean, red,green,blue,mean'
    )
    add('--first-conv', metavar='HOW', help=first)
    values = 'the images are no photos: read them by LoadRaster, change their values so (default: by their channels)'
    add('--preset', choices=PRESETS, help=values)
    add('--size', type=int, default=VIEW, help='side of the views in pixels (default: %(default)s)')
    add('--batch-size', type=int, help=f'images a step and GPU (default: the most that fit; on a CPU {ON_CPU})')
    add('--skip-unreadable', action='store_true', help='leave out images that cannot be read, and list them')
    add('--amp', action='store_true', help='mixed precision')
    add('--gpus', type=int, default=1, help='GPUs, or processes on a CPU (default: %(default)s)')
    add('--work-dir', help='for config, checkpoints and export (default: work_dirs/pretrain_for_NAME)')
    add('--write-config-only', action='store_true', help='write the config, print the commands, train nothing')
    return parser.parse_args()


def check(args: Namespace) -> None:
    """Refuses values that cannot work."""
    for name, least in dict(epochs=1, size=32, gpus=1, batch_size=2).items():
        value = getattr(args, name)
        if value is not None and value < least:
            refuse(f'--{name.replace("_", "-")} {value} is too small: give {least} or more.')
    for name in ('init', 'first_conv', 'work_dir'):
        if getattr(args, name) == '':  # of a shell variable that is not set
            refuse(f'--{name.replace("_", "-")} is empty: give it a value, or leave it out.')
    for folder in args.images:
        if not Path(folder).expanduser().exists():
            refuse(f'--images {folder}: there is no such folder.')
        if not Path(folder).expanduser().is_dir():
            refuse(f'--images {folder} is a file: name a folder, with the images to take or with links to them.')
    if args.first_conv and not args.init:
        refuse(f'--first-conv {args.first_conv} adapts weights: name them with --init FILE.')
    if args.decoder_only and not args.init:
        refuse('--decoder-only keeps the encoder as it starts: name its weights with --init FILE.')


def carry_out(args: Namespace, plan: Plan, places: Places, images: int, lock: int) -> None:
    """Trains, unless that is done, and exports."""
    train, export = train_command(args, places), export_command(plan, places)
    print(f'{shlex.join(train)}\n{shlex.join(export)}', flush=True)
    if args.write_config_only:
        return
    if is_finished(places.last):
        require_undamaged(places.last)
        print(f'{places.last} is trained already, and is exported', flush=True)
    else:
        begin(places.config, images)
        carry_on(train, lock)
    carry_on(export, lock)


def tell(run: Run, plan: Plan, places: Places) -> None:
    """Says what is about to be trained, and how images that are not photos are read."""
    print(f'{run.images} images, {run.batch_size} a step and device, {run.epochs} epochs: {places.config}')
    if run.steps < FEW:
        print(f'warning: {run.steps} steps show that it works, and teach the decoder little: give more --epochs')
    if run.preset:
        span = 'the range of bytes' if run.value_range is None else 'values of {:g} to {:g}'.format(*run.value_range)
        print(f'{plan.network.in_channels} channels by LoadRaster; preset {run.preset}, in {span}')
    if was_edited(places.config):
        print(f'{places.config} was edited, and stays as it is')
    if places.weights.exists() and not is_finished(places.last):
        print(f'{places.weights} is of an earlier run, until this one ends')


def tell_what_is_next(args: Namespace, plan: Plan, weights: Path) -> None:
    """Says how to fine-tune."""
    then = 'after that, ' if args.write_config_only else ''
    options = fine_tuning_options(plan, str(weights))
    tune = [sys.executable, str(TOOLS / 'train.py'), plan.downstream.path, '--verify-load', '--cfg-options', *options]
    print(f'{then}in the config of the fine-tuning:\n  load_from = {str(weights)!r}\nor, with the config as it is:')
    print(f'  {shlex.join(tune)}')


def pretrain(args: Namespace) -> None:
    """Derives, proves, trains and exports.

    Raises:
        ValueError: If anything of what was given cannot work; before any training.
    """
    downstream = read_downstream(args.config)
    places = place(args, downstream.path, TOOLS)
    require_writable(str(places.config), '--work-dir')
    plan = make_plan(downstream, args.size, args.decoder_only)
    run = choose_run(args, plan, places.config)
    text = config_text(plan, run, places.config.parent)
    made, found = prove(plan)
    table = f'{plan_table(plan, found.fit, len(made.state))}\n{start_line(plan, args.init)}'
    print(table)
    make_folder(places.config.parent)
    busy = f'another process trains in {places.config.parent}: wait for its end, or stop it.'
    with locked(places.config.with_suffix('.lock'), lambda: refuse(busy)) as lock:
        named = dict(method=run.method, exact=args.exact, epochs=run.epochs, size=plan.size, preset=run.preset)
        settle(places.config, text, dict(named, amp=args.amp, batch_size=run.batch_size))
        if was_edited(places.config):
            require_length(places.config, run.epochs)
            prove_edited(plan, str(places.config))
        if is_finished(places.last):
            require_trained(places.config, places.last, run.images)
        tell(run, plan, places)
        carry_out(args, plan, places, run.images, lock)
    if not args.write_config_only:
        print(table)  # again: the log of the training stands between
    tell_what_is_next(args, plan, places.weights)


def main() -> None:
    """Reads the arguments and pre-trains."""
    args = parse()
    check(args)
    try:
        pretrain(args)
    except (ValueError, OSError, ImportError) as error:
        said = str(error).rstrip('.')
        refuse(said if said.endswith('?') else f'{said}.')


if __name__ == '__main__':
    main()
