"""Pre-trains encoder and decoder of the model that a config of mmseg or mmdet describes, and exports them for it."""

import os
import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from mmdecon.files import require_writable
from mmdecon.locking import locked
from mmdecon.models.pretrained import find_prefix, load_pretrained
from mmdecon.pretrain_for import METHODS, Plan, Run, config_text, make_plan, prove, read_downstream
from mmdecon.pretrain_for.batch import ON_CPU, fits_on_gpu, largest_batch
from mmdecon.pretrain_for.config_file import VIEW, read_text
from mmdecon.pretrain_for.labels import find_labels
from mmdecon.pretrain_for.rasters import PRESETS, find_range, preset_of
from mmdecon.pretrain_for.record import begin, has_begun, recorded, require_trained, settle, was_edited
from mmdecon.pretrain_for.report import fine_tuning_options, plan_table, start_line
from mmdecon.refusal import refuse
from mmdecon.registry import DATASETS

FEW = 300
"""Steps of the shortest run of ours in which a decoder learnt what can be measured (projects/demo)."""
TOOLS = Path(__file__).resolve().parent
PRETRAINING = 'pretraining'
"""Folder of the training: not beside the config, over which mmengine would write a dump of it."""


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
    absent = [name for name in args.images if not Path(name).expanduser().exists()]
    if absent:
        refuse(f'--images {absent[0]}: there is no such folder.')
    if args.first_conv and not args.init:
        refuse(f'--first-conv {args.first_conv} adapts weights: name them with --init FILE.')
    if args.decoder_only and not args.init:
        refuse('--decoder-only keeps the encoder as it starts: name its weights with --init FILE.')


def sources(given: str | None) -> str | list[str | int] | None:
    """What --first-conv says, as ``init_cfg`` has it."""
    if given is None or given in ('repeat', 'mean'):
        return given
    return [int(source) if source.isdigit() else source for source in given.split(',')]


def count_images(folders: list[str], channels: int, preset: str | None) -> int:
    """How many images there are; those with a preset are read by LoadRaster. Warns of values that are cut.

    Raises:
        ValueError: If there are none, or they have other channels.
    """
    photos = dict(type='mmdecon.ImageFolder', pipeline=[dict(type='mmdecon.LoadImage')])
    rasters = dict(
        type='mmdecon.RasterFolder', pipeline=[dict(type='mmdecon.LoadRaster', channels=channels, late=True)]
    )
    try:
        dataset = DATASETS.build(dict(rasters if preset else photos, folders=folders))
    except ValueError as error:
        raise ValueError(f'--images, for a model of {channels} channels (model.backbone): {error}') from error
    labels = [] if preset else find_labels([dataset.get_data_info(i)['img_path'] for i in range(len(dataset))])
    if labels:
        print(
            f'warning: images such as {labels[0]} look like label maps, one channel of few values: with --images, name '
            'the folders of images alone'
        )
    return len(dataset)


def choose_init(path: str, encoder: nn.Module, first_conv: str | list[str | int] | None) -> tuple[str, str]:
    """The weights that the encoder starts from, and the prefix of their names; refused unless all fit.

    Raises:
        ValueError: If they cannot be read, or do not fit to the last tensor.
    """
    path = path if '://' in path else os.path.abspath(os.path.expanduser(path))
    prefix = find_prefix(path, encoder, '--init')
    load_pretrained(encoder, dict(checkpoint=path, prefix=prefix, first_conv=first_conv), '--init')
    return path, prefix


def choose_run(args: Namespace, plan: Plan, config: Path) -> Run:
    """Says how the model is trained, with the batch that fits.

    Raises:
        ValueError: If there are too few images.
    """
    folders = [os.path.abspath(os.path.expanduser(name)) for name in args.images]
    channels = plan.network.in_channels
    preset = args.preset or preset_of(channels)
    images = count_images(folders, channels, preset)
    each = images // args.gpus
    if args.batch_size and args.batch_size > each >= 2:
        raise ValueError(
            f'--batch-size {args.batch_size} is more than the {each} images of a process: give {each} or less'
        )
    batch = min(args.batch_size or ON_CPU, each)
    if batch < 2:
        raise ValueError(
            f'{images} images in {folders} are too few: each of {args.gpus} process(es) needs two at least'
        )
    first_conv = sources(args.first_conv)
    init = choose_init(args.init, plan.network.encoder, first_conv) if args.init else None
    workers = min(8, os.cpu_count() or 1)
    span = find_range(folders, channels) if preset else None
    fast = not args.exact
    run = Run(
        args.method, folders, images, batch, args.epochs, fast, init, workers, first_conv, preset, span, args.gpus
    )
    if args.batch_size:
        return run
    found = recorded(config, 'batch_size')
    if found and (has_begun(config.parent / PRETRAINING) or was_edited(config)):  # going on
        return replace(run, batch_size=found)
    if not torch.cuda.is_available():
        return run
    tried = read_text(config_text(plan, run, config.parent), config.parent)
    return replace(run, batch_size=largest_batch(fits_on_gpu(tried, plan.size, args.amp), images // args.gpus))


def train_command(args: Namespace, config: Path, run: Path) -> list[str]:
    """The command that trains, and goes on where it was stopped."""
    start = [sys.executable]
    if args.gpus > 1:
        start += ['-m', 'torch.distributed.run', f'--nproc_per_node={args.gpus}', '--standalone']
    tool = [str(TOOLS / 'train.py'), str(config), '--work-dir', str(run), '--resume']
    return [*start, *tool, *(['--launcher', 'pytorch'] if args.gpus > 1 else []), *(['--amp'] if args.amp else [])]


def export_command(plan: Plan, checkpoint: str, out: Path) -> list[str]:
    """The command that exports a checkpoint, verified in the downstream model."""
    target = ['--layout', plan.downstream.layout, '--part', plan.part, '--target', plan.downstream.path]
    return [sys.executable, str(TOOLS / 'export.py'), checkpoint, str(out), *target]


def make_folder(path: Path) -> None:
    """Makes the folder of results.

    Raises:
        ValueError: If that cannot be.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f'--work-dir {path} cannot be made: {error.strerror}') from error


def carry_on(command: list[str], lock: int) -> None:
    """Runs a command, which holds the lock as long as it runs.

    Raises:
        SystemExit: If it fails, which it has told itself, or the user stops it.
    """
    try:
        done = subprocess.run(command, check=False, pass_fds=(lock,))
    except KeyboardInterrupt:
        refuse('stopped; the same command goes on from the last checkpoint.')
    if done.returncode:
        sys.exit(done.returncode)


def is_finished(last: Path) -> bool:
    """Whether the last checkpoint is there as a whole: mmengine names it only then."""
    pointer = last.parent / 'last_checkpoint'
    return last.is_file() and pointer.is_file() and Path(pointer.read_text().strip()).name == last.name


def carry_out(args: Namespace, config: Path, last: Path, commands: list[list[str]]) -> None:
    """Trains, unless that is done, and exports."""
    print('\n'.join(map(shlex.join, commands)), flush=True)
    if args.write_config_only:
        return
    train, export = commands
    other = f'another process trains in {last.parent}: wait for its end, or stop it.'
    with locked(config.with_suffix('.lock'), lambda: refuse(other)) as lock:
        if is_finished(last):
            print(f'{last} is trained already, and is exported', flush=True)
        else:
            begin(config)
            carry_on(train, lock)
        carry_on(export, lock)


def tell_values(run: Run, channels: int) -> None:
    """Says how images that are not photos are read."""
    if run.preset:
        span = 'the range of bytes' if run.value_range is None else 'values of {:g} to {:g}'.format(*run.value_range)
        print(f'{channels} channels by LoadRaster; preset {run.preset}, in {span}')


def tune_command(plan: Plan, weights: Path) -> list[str]:
    """The command that fine-tunes."""
    options = fine_tuning_options(plan, str(weights))
    return [sys.executable, str(TOOLS / 'train.py'), plan.downstream.path, '--cfg-options', *options]


def main() -> None:
    """Derives, proves, trains and exports."""
    args = parse()
    check(args)
    try:
        downstream = read_downstream(args.config)
        name = Path(downstream.path).stem
        folder = Path(args.work_dir or f'work_dirs/pretrain_for_{name}')
        config, out = folder / f'pretrain_for_{name}.py', folder / f'{name}_pretrained.pth'
        require_writable(str(config), '--work-dir')
        plan = make_plan(downstream, args.size, args.decoder_only)
        run = choose_run(args, plan, config)
        made, found = prove(plan)
        table = f'{plan_table(plan, found.fit, len(made.state))}\n{start_line(plan, args.init)}'
        print(table)
        pretraining = folder / PRETRAINING
        last = pretraining / f'epoch_{args.epochs}.pth'
        make_folder(folder)
        told = settle(
            config, config_text(plan, run, folder), dict(amp=args.amp, batch_size=run.batch_size), pretraining
        )
        if is_finished(last):
            require_trained(config, last)
    except (ValueError, OSError, ImportError) as error:
        refuse(f'{str(error).rstrip(".")}.')
    print(f'{run.images} images, {run.batch_size} a step and device, {args.epochs} epochs: {config}')
    steps = args.epochs * (run.images // (run.batch_size * args.gpus))
    if steps < FEW:
        print(f'warning: {steps} steps show that it works, and teach the decoder little: give more --epochs')
    tell_values(run, plan.network.in_channels)
    print(told, end='\n' if told else '')
    carry_out(args, config, last, [train_command(args, config, pretraining), export_command(plan, str(last), out)])
    if not args.write_config_only:
        print(table)  # again: the log of the training stands between
    then = 'after that, ' if args.write_config_only else ''
    print(f"{then}in the config of the fine-tuning:\n  load_from = '{out}'\nor, with the config as it is:")
    print(f'  {shlex.join(tune_command(plan, out))}')


if __name__ == '__main__':
    main()
