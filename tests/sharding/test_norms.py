"""In one process: LARS and clipping over shards against mmpretrain's and torch's; two are in test_two_processes.py."""

from typing import Any

import pytest
import torch
from mmpretrain.engine.optimizers import LARS
from torch import Tensor, nn

from mmdecon.sharding import ShardedLARS
from mmdecon.sharding.norms import clip_sharded_norm_

SHAPES = [(8, 3, 3, 3), (16, 8), (16,), (4, 4)]
SETTINGS: list[dict[str, Any]] = [
    dict(lr=0.3),
    dict(lr=0.3, momentum=0.9, weight_decay=1e-2),
    dict(lr=0.3, momentum=0.9, weight_decay=1e-2, nesterov=True, eta=0.02),
]


def train(kind: type[LARS], settings: dict[str, Any]) -> list[Tensor]:
    """Three steps on random gradients: of matrices, of a vector that is left out, of zeros, and of no gradient."""
    generator = torch.Generator().manual_seed(0)
    weights = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]
    groups = [dict(params=weights[:2] + weights[3:]), dict(params=weights[2:3], lars_exclude=True, weight_decay=0.0)]
    zero = nn.Parameter(torch.zeros(3, 3))
    optimizer = kind([*groups, dict(params=[zero])], **settings)
    for step in range(3):
        for group in optimizer.param_groups:
            group['lr'] = 0.3 / (step + 1)
        for weight in (*weights[:3], zero):
            weight.grad = torch.randn(weight.shape, generator=generator)
        optimizer.step()
    assert [len(group['params']) for group in optimizer.param_groups] == [3, 1, 1]
    return [*weights, zero, *(state['momentum_buffer'] for state in optimizer.state.values())]


@pytest.mark.parametrize('settings', SETTINGS)
def test_lars_in_one_process_is_mmpretrains(settings) -> None:
    ours, theirs = (train(kind, settings) for kind in (ShardedLARS, LARS))
    assert len(ours) == len(theirs) and all(map(torch.equal, ours, theirs))


def test_lars_takes_a_closure() -> None:
    weight = nn.Parameter(torch.ones(2, 2))
    optimizer = ShardedLARS([weight], lr=0.1)

    def closure() -> Tensor:
        loss = weight.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4 and not torch.equal(weight, torch.ones(2, 2))


@pytest.mark.parametrize('norm_type', [1.0, 2.0, float('inf')])
@pytest.mark.parametrize('max_norm', [0.1, 1e6])
def test_clipping_in_one_process_is_torchs(norm_type: float, max_norm: float) -> None:
    outcomes = []
    for clip in (clip_sharded_norm_, nn.utils.clip_grad_norm_):
        generator = torch.Generator().manual_seed(0)
        weights = [nn.Parameter(torch.zeros(shape)) for shape in SHAPES]
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=generator)
        total = clip(weights, max_norm=max_norm, norm_type=norm_type)
        outcomes.append([total, *(weight.grad for weight in weights)])
    for got, wanted in zip(*outcomes):
        torch.testing.assert_close(got, wanted, rtol=1e-6, atol=0)
