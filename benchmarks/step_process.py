"""Processes that make training steps when told to.

Shapes: B images, S x S pixels.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.runner import Runner
from torch import nn

from mmdecon.hooks import Recompute
from mmdecon.models import DeCon
from mmdecon.noise_views import noise_views
from mmdecon.registry import HOOKS, MODELS, STRATEGIES
from mmdecon.schedules import Clock
from mmdecon.views import View
from mmdecon.wrapping import unwrapped

from .crew import Answer, asking, peak
from .split import Stopwatch

WARM_UP = 2  # steps that are not counted
FOR_EVER = 10**6
GIB = 2**30
Views = list[View]


@dataclass(frozen=True)
class Setting:
    """What is measured.

    Attributes:
        config: Path of a config of :class:`~mmdecon.models.DeCon`.
        batch: B, of each process.
        size: S, of views of noise; a multiple of 8.
        data: A folder of images that the config's pipeline makes views of, in the same process; None for noise, whose
            making is no part of a step. Regions are then blocks of a grid.
        processes: That train together, on this machine: data-parallel, or by the config's ``strategy``.
    """

    config: str
    batch: int = 2
    size: int = 224
    data: str | None = None
    processes: int = 1


@contextmanager
def stepping(setting: Setting) -> Iterator[Callable[[str], Any]]:
    """Processes that make steps.

    Args:
        setting: Which.

    Yields:
        A function that asks for ``'step'`` (its seconds, and those of its parts) or ``'memory'`` (peak in GiB, and
        parameters that are trained); the largest answer of the processes.
    """
    with asking(_prepare, setting, setting.processes) as ask:
        yield lambda what: max(ask(what), key=lambda answer: answer[0])


def _prepare(setting: Setting, rank: int, folder: str) -> Answer:
    """Builds the model as a run of the config would, and warms up."""
    cfg, device = Config.fromfile(setting.config), get_device()
    torch.manual_seed(0)
    model: DeCon = MODELS.build(cfg.model).train()
    model.init_weights()
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    wrapped, optim_wrapper = _optimise(cfg, model, setting.processes, folder)
    hooks_as_told(cfg, wrapped)
    model.clock = lambda: Clock(1, 10)
    watch = Stopwatch(device == 'cuda')
    watch.watch_step(model, optim_wrapper)
    channels = model.network.student.in_channels
    load = _loading(cfg, setting, model) if setting.data else _making(setting, device, channels)
    peak(forget=True)
    for _ in range(WARM_UP):
        _train(wrapped, optim_wrapper, load, watch)
    return lambda what: _train(wrapped, optim_wrapper, load, watch) if what == 'step' else (peak() / GIB, parameters)


def _optimise(cfg: Config, model: DeCon, processes: int, folder: str) -> tuple[nn.Module, OptimWrapper]:
    """The model where it trains, wrapped if several processes do, and its optimiser."""
    if processes == 1:
        model = model.to(get_device())
        return model, build_optim_wrapper(model, cfg.optim_wrapper)
    wrapper = dict(broadcast_buffers=False, **({} if torch.cuda.is_available() else dict(device_ids=None)))
    data_parallel = dict(type='DDPStrategy', model_wrapper={**wrapper, **(cfg.get('model_wrapper_cfg') or {})})
    about = dict(work_dir=folder, env_kwargs=dict(launcher='pytorch', randomness=dict(seed=0)))
    strategy = STRATEGIES.build(
        {**about, 'log_kwargs': dict(log_level='ERROR'), **(cfg.get('strategy') or data_parallel)}
    )
    told = dict(max_iters=FOR_EVER, init_weights_for_test_or_val=False)
    strategy.prepare(model, optim_wrapper=cfg.optim_wrapper, dispatch_kwargs=told)
    return strategy.model, strategy.optim_wrapper


def hooks_as_told(cfg: Config, model: nn.Module) -> None:
    """Does to a model what the hooks of its config would that change its cost: ``Recompute``.

    Args:
        cfg: The config.
        model: Its model, wrapped or not.
    """
    for hook in cfg.get('custom_hooks', []):
        if hook['type'] in ('mmdecon.Recompute', Recompute):
            HOOKS.build(hook).before_train(SimpleNamespace(model=model))


def _train(
    model: nn.Module, optim_wrapper: OptimWrapper, load: Callable[[], Views], watch: Stopwatch
) -> tuple[float, dict[str, float]]:
    """One step; its seconds, and those of its parts."""
    watch.reset()
    start = watch.now()
    with watch.timing('data'):
        views = load()
    with optim_wrapper.optim_context(model):
        loss, _ = unwrapped(model).parse_losses(model(views=views, mode='loss'))
    optim_wrapper.update_params(loss)
    return watch.now() - start, dict(watch.seconds)


def _making(setting: Setting, device: str, channels: int) -> Callable[[], Views]:
    """Gives the same views of noise each time."""
    views = noise_views(setting.batch, setting.size, device, channels)
    return lambda: list(views)


def _loading(cfg: Config, setting: Setting, model: DeCon) -> Callable[[], Views]:
    """Gives views of the images of a folder, made by the config's pipeline in this process."""
    pipeline = [
        dict(type='mmdecon.LoadRegions', generator=dict(type='mmdecon.Grid', n=5))
        if step['type'] == 'mmdecon.LoadRegions'
        else step
        for step in cfg.train_dataloader.dataset.pipeline
    ]
    dataset = dict(type='mmdecon.ImageFolder', data_root=setting.data, folders='', pipeline=pipeline)
    loader = Runner.build_dataloader(
        dict(
            cfg.train_dataloader,
            batch_size=setting.batch,
            num_workers=0,
            persistent_workers=False,
            sampler=dict(type='InfiniteSampler', shuffle=True),
            dataset=dataset,
        ),
        seed=0,
    )
    batches = iter(loader)
    return lambda: model.data_preprocessor(next(batches), training=True)['views']
