"""The pre-training config of a plan, as a file that a person reads and changes."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch.nn.modules.batchnorm import _BatchNorm

from ..models.decon import MOMENTUM
from ..models.first_layer import COLOURS
from .methods import METHODS, Method
from .plan import Plan, branch_levels
from .python_text import WIDTH, Code, Extended, as_code
from .rasters import PIPELINE, PRESETS, base_of, raster_variables
from .run import Run
from .schedules import momentum_start, short_schedule

VIEW = 224
"""Side in pixels of the views of configs/_base_/datasets."""
LOGGED, KEPT, LINES = 50, 3, 100
"""Steps between two lines of the log at most and checkpoints that stay, those of configs/_base_/default_runtime.py; and
lines that a short run's log has, though one for each epoch."""
SMALL, SMALL_RATE = 64, dict(optimizer=dict(lr=5e-4))
"""Images a step below which rates that are scaled with them, down from 512, move next to nothing; AdamW's then."""


def bases_folder() -> Path:
    """The folder ``configs/_base_``, of the repository or inside an installed wheel.

    Raises:
        FileNotFoundError: If there is none.
    """
    spec = find_spec('mmdecon')
    package = Path(next(iter((spec.submodule_search_locations if spec else None) or ['.'])))
    for folder in (package / '.mim' / 'configs' / '_base_', package.parent / 'configs' / '_base_'):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f'mmdecon in {package} has no configs/_base_: install it from a clone or a wheel')


def config_text(plan: Plan, run: Run, folder: Path) -> str:
    """The text of a config.

    Args:
        plan: What is pre-trained.
        run: How.
        folder: Where the file will be.

    Raises:
        ValueError: If the model does not take photos, and the run has no preset.
    """
    channels = plan.network.in_channels
    if channels != COLOURS and not run.preset:
        raise ValueError(f'images of {channels} channels are no photos: give Run.preset, one of {", ".join(PRESETS)}')
    base = METHODS[run.method]
    normed = any(isinstance(part, _BatchNorm) for part in plan.network.encoder.modules())
    small = run.batch_size * run.devices < SMALL
    schedule = 'lars_coslr' if normed and not small else 'adamw_coslr'
    files = [
        f'branches/{base.fast if run.fast else base.exact}',
        f'datasets/{base.data}',
        *([base_of(run.preset)] if run.preset else []),
        f'schedules/{schedule}',
    ]
    bases = [os.path.relpath(bases_folder() / f'{name}.py', folder) for name in [*files, 'default_runtime']]
    name = '/'.join(Path(plan.downstream.path).resolve().parts[-2:])
    entries: dict[str, Any] = dict(_base_=bases)
    entries.update(dict(custom_imports=plan.downstream.imports) if plan.downstream.imports else {})
    entries.update(
        model=_model(plan, run),
        **(raster_variables(run.preset, channels, run.value_range) if run.preset else {}),
        train_dataloader=_data(run, plan.size),
        train_cfg=dict(max_epochs=run.epochs),
        default_hooks=_hooks(run),
    )
    rate = dict(optim_wrapper=SMALL_RATE) if small else dict(auto_scale_lr=dict(enable=True))
    entries.update(short_schedule(run.epochs, run.steps), **rate)
    head = f'# {run.method} on the encoder and decoder of {name}; made by tools/pretrain_for.py.'
    lines = [f'{key} = {as_code(value, 0, WIDTH - len(key) - 3)}' for key, value in entries.items()]
    return '\n'.join([head, *lines, ''])


def _model(plan: Plan, run: Run) -> dict[str, Any]:
    """The model: network, preprocessor, branches."""
    base = METHODS[run.method]
    network = {**plan.config}
    if run.init is not None:
        options = dict(prefix=run.init[1], first_conv=run.first_conv)
        start = dict(type='Pretrained', checkpoint=run.init[0], **{key: x for key, x in options.items() if x})
        network['encoder'] = {**network['encoder'], 'init_cfg': start}
    cheap = base.positions if run.fast else {}
    branches = {name: Extended('_base_.branch', **given, **cheap) for name, given in branch_levels(plan).items()}
    sides = dict(alpha=0.5) if len(branches) > 1 else {}
    colours = _colours(plan.downstream.model.get('data_preprocessor') or {}, plan.network.in_channels)
    preprocessor = dict(type='mmdecon.ViewPreprocessor', **colours)
    model = dict(type='mmdecon.DeCon', data_preprocessor=preprocessor, network=network)
    return dict(**model, **sides, **_momentum(run, base), branches=branches)


def _momentum(run: Run, base: Method) -> dict[str, Any]:
    """The teachers' schedule: that of the base file, which starts lower in short runs."""
    file = bases_folder() / 'branches' / f'{base.exact}.py'
    own = Config.fromfile(file).get('momentum')
    usual = {**MOMENTUM, **(own or {})}['start']
    start = momentum_start(run.steps, usual)
    if start == usual:
        return dict(momentum=Code('_base_.momentum')) if own else {}
    return dict(momentum=Extended('_base_.momentum', start=start) if own else dict(start=start))


def _colours(preprocessor: Mapping[str, Any], channels: int) -> dict[str, Any]:
    """Normalisation as downstream; a preprocessor of several branches holds it in an inner one.

    Raises:
        ValueError: If it is for another number of channels than the encoder takes.
    """
    preprocessor = preprocessor.get('data_preprocessor') or preprocessor
    mean, std = preprocessor.get('mean') or [0.0] * channels, preprocessor.get('std') or [1.0] * channels
    turned = bool(preprocessor.get('bgr_to_rgb', False)) and channels == COLOURS  # as mmseg does
    if not len(mean) == len(std) == channels:
        raise ValueError(
            f'model.data_preprocessor has {len(mean)} means and {len(std)} stds, but model.backbone takes images of '
            f'{channels} channels: give as many of each, or set model.backbone.in_channels'
        )
    if not min(std) > 0:
        raise ValueError(f'model.data_preprocessor.std={list(std)} divides a channel by nothing: give numbers above 0')
    return dict(mean=list(mean), std=list(std), bgr_to_rgb=turned)


def _data(run: Run, size: int) -> dict[str, Any]:
    """The data loader: what differs from the base file."""
    dataset: dict[str, Any] = dict(folders=run.folders[0] if len(run.folders) == 1 else run.folders)
    if run.skips:
        dataset['unreadable'] = 'skip'
    if run.preset:
        dataset['type'] = 'mmdecon.RasterFolder'
        dataset['pipeline'] = Code(PIPELINE.format(size=size))
    elif size != VIEW:
        dataset['pipeline'] = Code(
            f"[dict(step, size={size}) if step['type'] == 'mmdecon.TwoViews' else step"
            ' for step in _base_.train_dataloader.dataset.pipeline]'
        )
    workers = dict(num_workers=run.workers, **({} if run.workers else dict(persistent_workers=False)))
    return dict(batch_size=run.batch_size, **workers, dataset=dataset)


def _hooks(run: Run) -> dict[str, Any]:
    """Something to see early, and every epoch to go on from."""
    interval = min(LOGGED, max(1, run.steps // LINES))
    return dict(logger=dict(interval=interval), checkpoint=dict(interval=1, max_keep_ckpts=KEPT))


def read_text(text: str, folder: Path) -> Config:
    """Reads a config's text, as if it were a file in a folder.

    Args:
        text: Of the config.
        folder: From which its ``_base_`` are found; made where it is not there.
    """
    path = folder / '.pretrain_for.py'
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    try:
        return Config.fromfile(path)
    finally:
        path.unlink()
