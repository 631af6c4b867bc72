"""Time and memory of a training step of several configs, as ratios to the first.

Machines are noisy: every config is measured in turns with the first, each in a process of its own, and the ratio of
each turn counts. Images are noise, their regions blocks; loading them is not part of a step.

Letters: B images, S x S pixels.
"""

import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper, build_optim_wrapper
from torch import multiprocessing

from ..models import DeCon
from ..registry import MODELS
from ..schedules import Clock
from ..views import View

WARM_UP = 2  # steps that are not counted
GIB = 2**30


@dataclass(frozen=True)
class Cost:
    """What a config's step costs.

    Attributes:
        config: Its path.
        seconds: Median time of a step.
        ratio: Median over the turns of its time / the first config's.
        memory: Peak memory in GiB: of the process, or of the GPU where there is one.
        parameters: That a gradient trains.
    """

    config: str
    seconds: float
    ratio: float
    memory: float
    parameters: int


def compare_steps(configs: Sequence[str], batch: int = 2, size: int = 224, turns: int = 5) -> Iterator[Cost]:
    """Measures the training steps of some configs, the first being the unit.

    Args:
        configs: Paths of configs of :class:`~mmdecon.models.DeCon`.
        batch: B.
        size: S.
        turns: Steps of each that are counted.

    Yields:
        The cost of each config, in their order.
    """
    with _stepping(configs[0], batch, size) as unit:
        for config in configs:
            with _stepping(config, batch, size) as other:
                pairs = [(_step(other), _step(unit)) for _ in range(turns)]
                other.send('memory')
                memory, parameters = other.recv()
            seconds = median(time for time, _ in pairs)
            yield Cost(str(config), seconds, median(time / one for time, one in pairs), memory, parameters)


def _step(process: Connection) -> float:
    """Seconds of one step in a process."""
    process.send('step')
    return process.recv()


@contextmanager
def _stepping(config: str, batch: int, size: int) -> Iterator[Connection]:
    """A process that makes steps of a config when told to."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context('spawn').Process(
        target=_serve, args=(there, str(config), batch, size, torch.get_num_threads()), daemon=True
    )
    process.start()
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.join()


def _serve(told: Connection, config: str, batch: int, size: int, threads: int) -> None:
    """Builds the model, warms up, and makes a step whenever told; ends when nobody tells any more."""
    torch.set_num_threads(threads)
    MMLogger.get_instance('mmengine', log_level='ERROR')
    cfg, device = Config.fromfile(config), get_device()
    torch.manual_seed(0)
    model: DeCon = MODELS.build(cfg.model).to(device).train()
    model.init_weights()
    model.clock = lambda: Clock(1, 10)
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    views = noise_views(batch, size, device)
    for _ in range(WARM_UP):
        _train(model, optim_wrapper, views)
    try:
        while request := told.recv():
            told.send(_train(model, optim_wrapper, views) if request == 'step' else _use(model))
    except EOFError:
        pass


def _train(model: DeCon, optim_wrapper: OptimWrapper, views: Sequence[View]) -> float:
    """One step; its seconds."""
    start = perf_counter()
    with optim_wrapper.optim_context(model):
        loss, _ = model.parse_losses(model(views=list(views), mode='loss'))
    optim_wrapper.update_params(loss)
    if views[0].image.is_cuda:
        torch.cuda.synchronize()
    return perf_counter() - start


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
