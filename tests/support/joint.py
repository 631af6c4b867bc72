"""A model with a branch of each base, and each of two processes' half of its views."""

from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmdecon.models import DeCon
from mmdecon.schedules import Clock
from mmdecon.views import View
from tests.support import all_objectives, tiny
from tests.support.pair import run_in_both

SYNC: dict[str, Any] = dict(type='mmdecon.SyncBN')
SHARED = ('DetCon-S', 'SimCLR', 'DDeP')


def build(kind: str, dropout: float, norm_cfg: dict[str, Any] = SYNC) -> DeCon:
    """A branch of each base, on the encoder or on the decoder; double precision.

    Args:
        kind: ``'averaged'`` for bases with a teacher of its own, ``'shared'`` for those without.
        dropout: Of the decoder's channels.
        norm_cfg: Of all norms.
    """
    torch.manual_seed(0)
    neck = dict(type='mmseg.FPN', out_channels=8, norm_cfg=norm_cfg)
    fpn = dict(type='mmdecon.NeckDecoder', channel_dropout=dropout, neck=neck)
    network = tiny.network(dict(fpn=fpn), encoder=dict(tiny.RESNET, norm_cfg=norm_cfg))
    kinds, is_shared = all_objectives.kinds(norm_cfg), kind == 'shared'
    bases = {name: base for name, base in kinds.items() if (name in SHARED) == is_shared}
    levels = cycle(['c5', 'p4', 'p3'])
    branches = {name: dict(base, level=level) for (name, base), level in zip(bases.items(), levels)}
    noise = dict(type='mmdecon.GaussianNoise') if is_shared else None  # for DDeP
    model = DeCon(network=network, branches=branches, shared=is_shared, noise=noise)
    model.init_weights()
    return model.double().train()


def train(model: nn.Module, optim_wrapper: OptimWrapper, rank: int, passes: int) -> list[float]:
    """The losses of some passes, made as mmengine makes them.

    Args:
        model: Wrapped for both processes.
        optim_wrapper: Of its parameters.
        rank: Of this process.
        passes: How many.
    """
    batch, losses = views(rank, next(model.parameters()).dtype), []
    for step in range(passes):
        torch.manual_seed(2 * step + rank)
        model.module.clock = lambda step=step: Clock(step, 10)
        with optim_wrapper.optim_context(model):
            loss = tiny.total(model(views=batch, mode='loss'))
        optim_wrapper.update_params(loss)
        losses.append(loss.item())
    return losses


def outcomes_of(work: Callable[[int, str], None]) -> Callable[..., Path]:
    """A module's fixture: the folder in which both processes, run once, have left what came out."""

    @pytest.fixture(scope='module')
    def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp('outcomes')
        run_in_both(work, str(folder))
        return folder

    return outcomes


def views(rank: int, dtype: torch.dtype) -> list[View]:
    """One process's half of the images; numbers in the model's precision."""
    return [View(*(_half(part, rank, dtype) for part in view)) for view in all_objectives.views()]


def _half(part: Any, rank: int, dtype: torch.dtype) -> Any:
    """One process's images of a view's part."""
    if part is None:
        return None
    return part[rank::2].to(dtype) if part.is_floating_point() else part[rank::2]
