"""A process that makes training steps when told to.

Letters: B images, S x S pixels.
"""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.runner import Runner
from torch import multiprocessing

from ..engine import Recompute, TrimHeap
from ..models import DeCon
from ..registry import HOOKS, MODELS
from ..schedules import Clock
from ..views import View
from .split import Stopwatch

WARM_UP = 2  # steps that are not counted
GIB = 2**30
Views = list[View]


@dataclass(frozen=True)
class Setting:
    """What is measured.

    Attributes:
        config: Path of a config of :class:`~mmdecon.models.DeCon`.
        batch: B.
        size: S, of views of noise; a multiple of 8.
        data: A folder of images that the config's pipeline makes views of, in the same process; None for noise, whose
            making is no part of a step. Regions are then blocks of a grid.
    """

    config: str
    batch: int = 2
    size: int = 224
    data: str | None = None


@contextmanager
def stepping(setting: Setting) -> Iterator[Callable[[str], Any]]:
    """A process that makes steps.

    Yields:
        A function that asks for ``'step'`` (its seconds, and those of its parts) or ``'memory'`` (peak in GiB, and
        parameters that are trained).
    """
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context('spawn').Process(
        target=_serve, args=(there, setting, torch.get_num_threads()), daemon=True
    )
    process.start()
    there.close()

    def ask(question: str) -> Any:
        here.send(question)
        return here.recv()

    try:
        yield ask
    finally:
        here.close()
        process.join()


def _serve(told: Connection, setting: Setting, threads: int) -> None:
    """Builds the model, warms up, and makes a step whenever told; ends when nobody tells any more."""
    torch.set_num_threads(threads)
    MMLogger.get_instance('mmengine', log_level='ERROR')
    cfg, device = Config.fromfile(setting.config), get_device()
    torch.manual_seed(0)
    model: DeCon = MODELS.build(cfg.model).to(device).train()
    model.init_weights()
    hooks_as_told(cfg, model)
    model.clock = lambda: Clock(1, 10)
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    watch = Stopwatch(device == 'cuda')
    watch.watch_step(model, optim_wrapper)
    load = _loading(cfg, setting, model) if setting.data else _making(setting, device)
    for _ in range(WARM_UP):
        _train(model, optim_wrapper, load, watch)
    try:
        while question := told.recv():
            told.send(_train(model, optim_wrapper, load, watch) if question == 'step' else _use(model))
    except EOFError:
        pass


def hooks_as_told(cfg: Config, model: DeCon) -> None:
    """Does to a model what the hooks of its config would that change its cost: ``Recompute`` and ``TrimHeap``.

    Args:
        cfg: The config.
        model: Its model.
    """
    for hook in cfg.get('custom_hooks', []):
        if hook['type'] in ('mmdecon.Recompute', 'mmdecon.TrimHeap', Recompute, TrimHeap):
            HOOKS.build(hook).before_train(SimpleNamespace(model=model))


def _train(
    model: DeCon, optim_wrapper: OptimWrapper, load: Callable[[], Views], watch: Stopwatch
) -> tuple[float, dict[str, float]]:
    """One step; its seconds, and those of its parts."""
    watch.reset()
    start = watch.now()
    with watch.timing('data'):
        views = load()
    with optim_wrapper.optim_context(model):
        loss, _ = model.parse_losses(model(views=views, mode='loss'))
    optim_wrapper.update_params(loss)
    return watch.now() - start, dict(watch.seconds)


def _making(setting: Setting, device: str) -> Callable[[], Views]:
    """Gives the same views of noise each time."""
    views = noise_views(setting.batch, setting.size, device)
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


def _use(model: DeCon) -> tuple[float, int]:
    """Peak memory in GiB, and parameters that are trained."""
    peak = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else peak_of_process()
    return peak / GIB, sum(p.numel() for p in model.parameters() if p.requires_grad)


def peak_of_process() -> int:
    """Largest resident set so far, in bytes. Linux's ``ru_maxrss`` would count what the parent had at the start too."""
    status = Path('/proc/self/status')
    if status.is_file():
        (kib,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith('VmHWM:'))
        return int(kib) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: in bytes


def noise_views(batch: int, size: int, device: str = 'cpu') -> list[View]:
    """Two overlapping views of noise, with blocks of an eighth of their side as regions of 16 ids.

    Args:
        batch: B.
        size: S, a multiple of 8.
        device: Where to make them.
    """
    generator = torch.Generator().manual_seed(0)
    views = []
    for shift in (0.0, size / 8):
        blocks = torch.randint(0, 16, (batch, 1, 8, 8), generator=generator)
        box = torch.tensor([[shift, shift, shift + size, shift + size]]).repeat(batch, 1)
        view = View(
            image=torch.randn(batch, 3, size, size, generator=generator),
            box=box,
            flipped=torch.arange(batch) % 2 == 1,
            regions=blocks.repeat_interleave(size // 8, 2).repeat_interleave(size // 8, 3),
            source=torch.full((batch, 2), 1.5 * size),
        )
        views.append(View(*(None if part is None else part.to(device) for part in view)))
    return views
