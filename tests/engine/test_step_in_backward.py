"""Steps within the backward pass against steps after it, bit for bit."""

from typing import Any

import pytest
import torch
from mmengine import dist
from mmengine.optim import OptimWrapper, build_optim_wrapper
from torch import Tensor

from mmdecon.engine import StepInBackward
from mmdecon.models import DeCon
from tests.support import all_objectives, tiny

BASES = ['SlotCon', 'DenseCL', 'PixPro', 'DetCon-B']
OPTIMISERS = dict(
    lars=dict(
        optimizer=dict(type='mmpretrain.LARS', lr=0.1, momentum=0.9, weight_decay=1e-4),
        constructor='mmdecon.SkipVectors',
    ),
    adamw=dict(optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.05), paramwise_cfg=dict(norm_decay_mult=0)),
)


def train(model: DeCon, wrapper: OptimWrapper, steps: int = 3) -> list[float]:
    losses = []
    for step in range(steps):
        torch.manual_seed(step)
        for group in wrapper.optimizer.param_groups:
            group['lr'] = 0.05 / (step + 1)
        loss, _ = model.parse_losses(model(views=all_objectives.views(), mode='loss'))
        wrapper.update_params(loss)
        losses.append(loss.item())
    return losses


def run(base: str, settings: dict[str, Any], kind: str) -> tuple[list[float], dict[str, Tensor]]:
    model = all_objectives.build(base)
    wrapper = build_optim_wrapper(model, dict(settings, type=kind))
    losses = train(model, wrapper)
    half = wrapper.state_dict()
    wrapper.load_state_dict(half)  # as a resumed run does
    return losses + train(model, wrapper), model.state_dict()


@pytest.mark.parametrize('optimiser', OPTIMISERS)
@pytest.mark.parametrize('base', BASES)
def test_same_numbers(base, optimiser) -> None:
    (losses, after), (plain_losses, plain) = (
        run(base, OPTIMISERS[optimiser], kind) for kind in ('mmdecon.StepInBackward', 'OptimWrapper')
    )
    assert losses == plain_losses
    assert after.keys() == plain.keys()
    assert all(torch.equal(after[name], plain[name]) for name in plain)


def test_one_gradient_at_a_time() -> None:
    model = tiny.build()
    trained = [p for p in model.parameters() if p.requires_grad]
    wrapper, waiting = StepInBackward(torch.optim.SGD(trained, lr=0.1)), []
    for parameter in trained:
        parameter.register_hook(lambda grad: waiting.append(sum(p.grad is not None for p in trained)))
    loss, _ = model.parse_losses(model(views=tiny.views(), mode='loss'))
    before = [p.detach().clone() for p in trained]
    wrapper.backward(loss)
    assert len(waiting) > 50 and max(waiting) <= 1
    assert all(p.grad is None for p in trained)
    assert sum(not torch.equal(p, old) for p, old in zip(trained, before)) > 50


def test_parameters_frozen_at_first_are_stepped_too() -> None:
    late, early = (torch.nn.Parameter(torch.ones(2), requires_grad=given) for given in (False, True))
    wrapper = StepInBackward(torch.optim.SGD([late, early], lr=0.1))
    late.requires_grad_()
    wrapper.update_params((late + early).sum())
    assert late.tolist() == early.tolist() == pytest.approx([0.9, 0.9])


@pytest.mark.parametrize('kwargs', [dict(clip_grad=dict(max_norm=1)), dict(accumulative_counts=2)], ids=str)
def test_what_needs_all_gradients_is_refused(kwargs) -> None:
    with pytest.raises(ValueError, match=next(iter(kwargs))):
        StepInBackward(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1), **kwargs)


def test_several_processes_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(dist, 'get_world_size', lambda: 2)
    with pytest.raises(ValueError, match='2 processes'):
        StepInBackward(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1))
