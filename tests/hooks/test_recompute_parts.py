"""Recomputation against a run without it, bit for bit."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from mmdecon.engine import BFloat16OptimWrapper
from mmdecon.hooks import Recompute
from mmdecon.models import DeCon
from tests.support import all_objectives, tiny

ENCODER = 'network.student.encoder'
CONVNEXT = dict(
    type='mmpretrain.ConvNeXt',
    arch=dict(depths=[1, 1, 2, 1], channels=[8, 8, 16, 16]),
    out_indices=(0, 1, 2, 3),
    drop_path_rate=0.5,
    gap_before_final_norm=False,
)


def build(encoder: dict[str, Any]) -> DeCon:
    """An encoder and an FPN that drops channels."""
    neck = dict(type='mmseg.FPN', out_channels=8, norm_cfg=tiny.BN)
    fpn = dict(type='mmdecon.NeckDecoder', channel_dropout=0.5, neck=neck)
    return all_objectives.build('SlotCon', network=tiny.network(dict(fpn=fpn), encoder=encoder))


def train(model: DeCon, half: bool) -> tuple[list[float], dict[str, Tensor]]:
    """Some steps; losses and what the model holds."""
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05)
    wrapper = BFloat16OptimWrapper(optimiser)
    losses = []
    for step in range(3):
        torch.manual_seed(step)
        with wrapper.optim_context(model) if half else torch.enable_grad():
            loss = tiny.total(model.loss(all_objectives.views()))
        wrapper.update_params(loss)
        losses.append(loss.item())
    return losses, model.state_dict()


@pytest.mark.parametrize(
    ('encoder', 'modules', 'half'),
    [
        (tiny.RESNET, [ENCODER], False),
        (tiny.RESNET, [f'{ENCODER}.layer*.*', 'network.student.decoder.fpn'], False),
        pytest.param(tiny.RESNET, f'{ENCODER}.layer[12]', True, marks=pytest.mark.wide),
        (CONVNEXT, f'{ENCODER}.stages.*', False),
    ],
    ids=['whole encoder', 'blocks and decoder', 'stages in bfloat16', 'stages that drop paths'],
)
def test_recomputing_changes_no_number(encoder: dict[str, Any], modules: Any, half: bool) -> None:
    """Losses, weights, teachers and running statistics; and the modules do run again."""
    losses, state = train(build(encoder), half)
    model = build(encoder)
    Recompute(modules).before_train(SimpleNamespace(model=model))
    last = [part for part in model.network.student.encoder.modules() if isinstance(part, torch.nn.Conv2d)][-1]
    runs: list[Tensor] = []
    last.register_forward_hook(lambda *_: runs.append(1))
    again, got = train(model, half)
    assert again == losses
    assert not [name for name, value in state.items() if not torch.equal(got[name], value)]
    assert len(runs) == 3 * 2 * (1 if modules == f'{ENCODER}.layer[12]' else 2)  # steps, views, passes


def test_the_input_alone_is_kept() -> None:
    """Tensors that the encoder keeps for the backward pass."""
    model = build(tiny.RESNET)
    image = all_objectives.views()[0].image
    kept: list[int] = []
    for modules in ([], [ENCODER]):
        Recompute(modules).before_train(SimpleNamespace(model=model))
        kept.append(0)
        with torch.autograd.graph.saved_tensors_hooks(_counting(kept), lambda x: x):
            model.network.student.encode(image)
    assert kept[0] > 50 and kept[1] == 1


def _counting(kept: list[int]) -> Callable[[Tensor], Tensor]:
    """What counts a tensor and hands it on."""

    def keep(x: Tensor) -> Tensor:
        kept[-1] += x.numel() > 0  # torch 2.1 keeps an empty one, too
        return x

    return keep


@pytest.mark.parametrize('pattern', [f'{ENCODER}.stages.*', 'network.student.decoder'])
def test_names_of_nothing_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match='Recompute.modules has'):
        Recompute(pattern).before_train(SimpleNamespace(model=build(tiny.RESNET)))
