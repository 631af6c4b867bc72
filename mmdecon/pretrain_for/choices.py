"""How a run is made of what a user asked for, of the images that there are, and of the memory of the GPU."""

import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from ..datasets.file_checks import SKIP
from ..models.pretrained import find_prefix, load_pretrained
from ..registry import DATASETS
from .batch import ON_CPU, fits_on_gpu, largest_batch
from .config_file import config_text, read_text
from .labels import find_labels
from .plan import Plan
from .rasters import find_range, preset_of
from .record import has_begun, recorded, was_edited
from .run import Run


def sources(given: str | None) -> str | list[str | int] | None:
    """What ``--first-conv`` says, as ``init_cfg`` has it.

    Args:
        given: A name of all channels' source, or one for each, joined by commas; None if nothing was said.
    """
    if given is None or given in ('repeat', 'mean'):
        return given
    return [int(source) if source.isdigit() else source for source in given.split(',')]


def count_images(folders: Sequence[str], channels: int, preset: str | None, skip: bool = False) -> int:
    """How many images there are; those with a preset are read by LoadRaster. Warns of values that are cut.

    Args:
        folders: Of images.
        channels: Of the model.
        preset: Of images that are no photos, or None.
        skip: Whether files that cannot be read are left out.

    Raises:
        ValueError: If there are none, they have other channels, or one cannot be read.
    """
    photos = dict(type='mmdecon.ImageFolder', pipeline=[dict(type='mmdecon.LoadImage')])
    rasters = dict(
        type='mmdecon.RasterFolder', pipeline=[dict(type='mmdecon.LoadRaster', channels=channels, late=True)]
    )
    options = dict(folders=folders, **({'unreadable': 'skip'} if skip else {}))
    try:
        dataset = DATASETS.build(dict(rasters if preset else photos, **options))
    except ValueError as error:
        said = str(error).replace(SKIP, '--skip-unreadable')
        raise ValueError(f'--images, for a model of {channels} channels (model.backbone): {said}') from error
    labels = [] if preset else find_labels(len(dataset), lambda i: dataset.get_data_info(i)['img_path'])
    if labels:
        print(
            f'warning: images such as {labels[0]} look like label maps, one channel of few values: with --images, name '
            'the folders of images alone'
        )
    return len(dataset)


def choose_init(path: str, encoder: nn.Module, first_conv: str | list[str | int] | None) -> tuple[str, str]:
    """The weights that the encoder starts from, and the prefix of their names; refused unless all fit.

    Args:
        path: A file or an address.
        encoder: What they are for.
        first_conv: What the first convolution's channels start from.

    Raises:
        ValueError: If they cannot be read, or do not fit to the last tensor.
    """
    path = path if '://' in path else os.path.abspath(os.path.expanduser(path))
    prefix = find_prefix(path, encoder, '--init')
    load_pretrained(encoder, dict(checkpoint=path, prefix=prefix, first_conv=first_conv), '--init')
    return path, prefix


def choose_run(args: Namespace, plan: Plan, config: Path) -> Run:
    """Says how the model is trained, with the batch that fits.

    Args:
        args: Of ``tools/pretrain_for.py``.
        plan: What is pre-trained.
        config: Path of the pre-training config, which may be there from before.

    Raises:
        ValueError: If there are too few images.
    """
    folders = [os.path.abspath(os.path.expanduser(name)) for name in args.images]
    channels = plan.network.in_channels
    preset = args.preset or preset_of(channels)
    images = count_images(folders, channels, preset, args.skip_unreadable)
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
    span = find_range(folders, channels, args.skip_unreadable) if preset else None
    fast = not args.exact
    how = dict(first_conv=first_conv, preset=preset, value_range=span, skips=args.skip_unreadable)
    run = Run(args.method, folders, images, batch, args.epochs, fast, init, workers, devices=args.gpus, **how)
    if args.batch_size:
        return run
    found = recorded(config, 'batch_size')
    if found and (has_begun(config) or was_edited(config)):  # going on
        return replace(run, batch_size=found)
    if not torch.cuda.is_available():
        return run
    tried = read_text(config_text(plan, run, config.parent), config.parent)
    return replace(run, batch_size=largest_batch(fits_on_gpu(tried, plan.size, args.amp), images // args.gpus))
