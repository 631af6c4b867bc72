"""Processes that compute an objective of noise again and again.

Shapes: B images of a process, C channels of the level.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from torch.utils._pytree import tree_map_only

from mmdecon.models.branch import Branch
from mmdecon.models.levels import Level
from mmdecon.models.twin import STUDENT, TEACHER
from mmdecon.noise_views import noise_views
from mmdecon.views import View

from .crew import Answer, asking, peak

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
    with asking(_prepare, setting, setting.processes) as ask:
        yield lambda what: max(ask(what))


def _prepare(setting: Setting, rank: int, folder: str) -> Answer:
    """Makes the inputs."""
    torch.manual_seed(rank)
    loss, before = _make(setting), peak(forget=True)
    return lambda what: _seconds(loss) if what == 'loss' else (peak() - before) / MIB


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
    return tree_map_only(
        torch.Tensor,
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
