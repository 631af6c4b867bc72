"""Processes that compute an objective of noise again and again.

Letters: B images of a process, C channels of the level.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import MMLogger
from torch import distributed, multiprocessing
from torch.utils._pytree import tree_map

from ..models.branch import Branch
from ..models.levels import Level
from ..models.twin import STUDENT, TEACHER
from ..views import View
from .step_process import noise_views, peak_of_process

CHANNELS = HIDDEN = 64
MIB = 2**20


@dataclass(frozen=True)
class Setting:
    """What is measured.

    Attributes:
        branch: Path of a config with a ``branch``.
        batch: B.
        cells: Side of the level.
        queue: Negatives in each queue, None for an objective without.
        processes: Real ones, on this machine.
        pairs_at_once: Of the objective.
    """

    branch: str
    batch: int
    cells: int
    queue: int | None
    processes: int
    pairs_at_once: int


@contextmanager
def computing(setting: Setting) -> Iterator[Callable[[str], float]]:
    """Processes that compute an objective.

    Args:
        setting: Which, and of what.

    Yields:
        A function that asks for ``'loss'``, computed forwards and backwards (seconds), or ``'memory'`` (the peak in MiB
        above what was held with the inputs made); the largest answer of the processes counts. It raises RuntimeError if
        one has died.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        pipes = []
        for rank in range(setting.processes):
            here, there = multiprocessing.Pipe()
            process = multiprocessing.get_context('spawn').Process(
                target=_serve, args=(there, setting, rank, folder, torch.get_num_threads()), daemon=True
            )
            process.start()
            there.close()
            stack.callback(process.join)
            pipes.append(here)
        for pipe in pipes:
            stack.callback(pipe.close)

        def ask(what: str) -> float:
            try:
                for pipe in pipes:
                    pipe.send(what)
                return max(pipe.recv() for pipe in pipes)
            except (EOFError, OSError) as error:
                raise RuntimeError(f'a process died that computed {setting}; was there enough memory?') from error

        yield ask


def _serve(told: Connection, setting: Setting, rank: int, folder: str, threads: int) -> None:
    """Makes the inputs, and computes a loss whenever told; ends when nobody tells any more."""
    torch.set_num_threads(threads)
    torch.manual_seed(rank)
    MMLogger.get_instance('mmengine', log_level='ERROR')
    if setting.processes > 1:
        distributed.init_process_group('gloo', f'file://{folder}/meeting', rank=rank, world_size=setting.processes)
    loss, before = _make(setting), _peak(forget=True)
    try:
        while what := told.recv():
            told.send(_seconds(loss) if what == 'loss' else (_peak() - before) / MIB)
    except EOFError:
        if setting.processes > 1:
            distributed.destroy_process_group()


def _make(setting: Setting) -> Callable[[], torch.Tensor]:
    """A function that computes the objective of one pair of views of noise."""
    cfg, device = Config.fromfile(setting.branch).branch, get_device()
    cfg.objective.pairs_at_once = setting.pairs_at_once
    if setting.queue is not None:
        cfg.objective.queue_length = setting.queue
    for part in (cfg.head, cfg.objective):
        part.update({name: HIDDEN for name in part if name == 'hidden_channels'})
    branch = Branch(**dict(cfg, level=Level('noise', CHANNELS, 8, 'encoder'))).to(device).train()
    views = noise_views(setting.batch, 8 * setting.cells, device)
    if branch.sampler is not None:
        views = [view._replace(sample=branch.sampler(view, (setting.cells, setting.cells))) for view in views]
    queries, keys = ([_embed(branch, half, view) for view in views] for half in (STUDENT, TEACHER))
    keys = queries if branch.head.shared else keys
    own = keys[0] if branch.objective.needs_own else None
    return lambda: sum(branch.objective(queries[0], keys[1], own, *views).values())


@torch.no_grad()
def _embed(branch: Branch, half: str, view: View) -> Any:
    """An embedding of noise, a leaf that takes gradients where the half learns."""
    noise = torch.randn(len(view.box), CHANNELS, *(side // 8 for side in view.image.shape[2:]), device=view.box.device)
    learns = half == STUDENT
    return tree_map(
        lambda x: x.detach().clone().requires_grad_(learns and x.is_floating_point()),
        branch.head(noise, view, half=half),
    )


def _seconds(loss: Callable[[], torch.Tensor]) -> float:
    """Of one loss, forwards and backwards."""
    start = perf_counter()
    loss().backward()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return perf_counter() - start


def _peak(forget: bool = False) -> int:
    """Largest memory so far in bytes; ``forget`` begins anew (on a CPU only Linux can) before it looks."""
    if torch.cuda.is_available():
        if forget:
            torch.cuda.reset_peak_memory_stats()
        return torch.cuda.max_memory_allocated()
    if forget and Path('/proc/self/clear_refs').exists():
        Path('/proc/self/clear_refs').write_text('5')
    return peak_of_process()
