"""DenseCL, MoCo v2, SimCLR and BYOL against mmpretrain's own classes: five optimiser steps in double precision."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS as MMPRETRAIN
from torch import Tensor, nn

from mmdecon.models import DeCon
from mmdecon.schedules import Clock
from mmdecon.views import View
from tests.support import tiny

BN, GN = dict(type='BN'), dict(type='GN', num_groups=4)
STEPS, IMAGES, QUEUE = 5, 4, 12
KEEP = 0.9
CROSS_ENTROPY = dict(type='CrossEntropyLoss')
WIDTHS = dict(in_channels=64, hid_channels=12, out_channels=8)
QUEUED = dict(queue_len=QUEUE, feat_dim=8, momentum=1 - KEEP)
BYOL_MLP = dict(type='NonLinearNeck', with_bias=True, with_last_bn=False, norm_cfg=dict(type='BN1d'))
VECTOR = dict(type='mmdecon.VectorHead', hidden_channels=12, out_channels=8)
BYOL_PREDICTOR = dict(type='mmdecon.VectorPrediction', hidden_channels=12, last_bias=False)
CONSTANT = dict(schedule='constant', start=KEEP)

THEIRS: dict[str, dict[str, Any]] = dict(
    densecl=dict(
        type='DenseCL',
        neck=dict(type='DenseCLNeck', **WIDTHS),
        head=dict(type='ContrastiveHead', loss=CROSS_ENTROPY, temperature=0.2),
        loss_lambda=0.3,
        **QUEUED,
    ),
    moco=dict(
        type='MoCo',
        neck=dict(type='MoCoV2Neck', **WIDTHS),
        head=dict(type='ContrastiveHead', loss=CROSS_ENTROPY, temperature=0.2),
        **QUEUED,
    ),
    simclr=dict(
        type='SimCLR',
        neck=dict(type='NonLinearNeck', norm_cfg=GN, **WIDTHS),
        head=dict(type='ContrastiveHead', loss=CROSS_ENTROPY, temperature=0.1),
    ),
    byol=dict(
        type='BYOL',
        neck=dict(BYOL_MLP, **WIDTHS),
        head=dict(
            type='LatentPredictHead',
            loss=dict(type='CosineSimilarityLoss'),
            predictor=dict(BYOL_MLP, **dict(WIDTHS, in_channels=8), with_avg_pool=False),
        ),
        base_momentum=1 - KEEP,
    ),
)
OURS: dict[str, dict[str, Any]] = dict(
    densecl=dict(
        momentum=CONSTANT,
        head=dict(type='mmdecon.DenseHead', hidden_channels=12, out_channels=8),
        objective=dict(type='mmdecon.DenseCLObjective', queue_length=QUEUE, dense_weight=0.3),
        pairs=((0, 1),),
    ),
    moco=dict(
        momentum=CONSTANT,
        head=VECTOR,
        objective=dict(type='mmdecon.VectorContrast', queue_length=QUEUE),
        pairs=((0, 1),),
    ),
    simclr=dict(
        shared=True,
        head=dict(VECTOR, norm_cfg=GN, last_bias=False, hidden_bias=False, last_norm=True),
        objective=dict(type='mmdecon.VectorContrast', queue_length=0, temperature=0.1),
        weight=0.5,
    ),
    byol=dict(momentum=CONSTANT, head=dict(VECTOR, norm_cfg=BN, last_bias=False), objective=BYOL_PREDICTOR),
)
# their modules' names -> ours; in SimCLR bn0 and bn1 are whatever norm_cfg says
LAYERS = {'fc0': 'layers.0.conv', 'bn0': 'layers.0.norm', 'fc1': 'layers.1', 'bn1': 'layers.2'}
NAMES: dict[str, dict[str, str]] = dict(
    densecl={
        'mlp.0': 'vector.layers.0.conv',
        'mlp.2': 'vector.layers.1',
        'mlp2.0': 'dense.layers.0.conv',
        'mlp2.2': 'dense.layers.1',
        'queue': 'vectors.rows',
        'queue2': 'means.rows',
    },
    moco={'mlp.0': 'layers.0.conv', 'mlp.2': 'layers.1', 'queue': 'queue.rows'},
    simclr=LAYERS,
    byol=LAYERS,
)


def ours(kind: str) -> DeCon:
    """Our model, of one branch at c5."""
    config = dict(OURS[kind], level='c5')
    network = tiny.network({}, encoder=dict(tiny.RESNET, norm_cfg=norm(kind), stem_channels=8))
    momentum, shared = config.pop('momentum', None), config.get('shared', False)
    return DeCon(network=network, branches=dict(enc=config), momentum=momentum, shared=shared).double()


def theirs(kind: str) -> nn.Module:
    """mmpretrain's."""
    backbone = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8, norm_cfg=norm(kind), out_indices=(3,))
    with DefaultScope.overwrite_default_scope('mmpretrain'):  # its parts are named without one
        model = MMPRETRAIN.build(dict(THEIRS[kind], backbone=backbone)).double()
    if kind == 'byol':  # whose cosine mmpretrain computes in single precision
        model.target_net.end_momentum = model.target_net.momentum
    return model


def norm(kind: str) -> dict[str, Any]:
    """The norm of encoder and head: mmpretrain's SimCLR sees both views as one batch, ours one after the other."""
    return GN if kind == 'simclr' else BN


def pairs(kind: str, model: DeCon, other: nn.Module) -> list[tuple[str, Tensor, Tensor]]:
    """Everything that both have but statistics, which mmpretrain copies to its teacher: (our name, ours, theirs)."""
    state = model.state_dict()
    left_out = ('running_mean', 'running_var', 'num_batches_tracked', '_ptr', 'steps', 'mean', 'std')
    names = {name: translate(kind, name) for name in other.state_dict() if not name.endswith(left_out)}
    values = {name: value.T if 'queue' in name else value for name, value in other.state_dict().items()}
    return [(ours, state[ours], values[name].reshape(state[ours].shape)) for name, ours in names.items()]


def translate(kind: str, name: str) -> str:
    """A name of mmpretrain's in our model."""
    if name in NAMES[kind]:
        return f'branches.enc.objective.{NAMES[kind][name]}'
    half = 'student'
    for teacher in ('encoder_k.module.', 'target_net.module.'):
        if name.startswith(teacher):
            number, rest = name[len(teacher) :].split('.', 1)
            half, name = 'teacher', f'{("backbone", "neck")[int(number)]}.{rest}'
    if name.startswith('backbone.'):
        return name.replace('backbone.', f'network.{half}.encoder.')
    owner = f'head.{half}' if name.startswith('neck.') else 'objective.predictor'
    module, field = name.removeprefix('neck.').removeprefix('head.predictor.').rsplit('.', 1)
    return f'branches.enc.{owner}.{NAMES[kind][module]}.{field}'


def optimiser(model: nn.Module) -> torch.optim.Optimizer:
    trained = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.SGD(trained, lr=0.05, momentum=0.9, weight_decay=1e-4)


def step(loss: Tensor, optim: torch.optim.Optimizer) -> float:
    optim.zero_grad()
    loss.backward()
    optim.step()
    return loss.item()


def views(seed: int) -> list[View]:
    return [v._replace(image=v.image.double()) for v in tiny.views(batch=IMAGES, seed=seed)]


@pytest.fixture(autouse=True)
def run_of_ten_steps() -> Iterator[None]:
    """What mmpretrain's BYOL asks for."""
    hub = MessageHub.get_current_instance()
    hub.update_info('max_iters', 10)
    yield
    hub.pop_info('max_iters')


@pytest.mark.parametrize('kind', list(THEIRS))
def test_five_steps(kind: str) -> None:
    torch.manual_seed(0)
    model, other = ours(kind).train(), theirs(kind).train()
    for _, mine, yours in pairs(kind, model, other):
        mine.copy_(yours)
    optims = optimiser(model), optimiser(other)
    constant = 4.0 if kind == 'byol' else 0.0  # ours is 2 - 2 cos for each of two pairs, theirs -2 cos
    for number in range(STEPS):
        batch = views(seed=number)
        model.clock = lambda number=number: Clock(number, 10)
        mine = step(tiny.total(model.loss(batch)), optims[0])
        yours = step(sum(other.loss([view.image for view in batch], []).values()), optims[1])
        assert mine - constant == pytest.approx(yours, rel=1e-9), f'step {number}'
    compared = pairs(kind, model, other)
    atol = 1e-10 if kind == 'simclr' else 1e-12  # to the length of a vector mmpretrain's SimCLR adds 1e-10
    for name, mine, yours in compared:
        torch.testing.assert_close(mine, yours, rtol=1e-9, atol=atol, msg=lambda m, name=name: f'{name}: {m}')
    state = {name for name, _ in model.named_parameters()} | {n for n in model.state_dict() if n.endswith('.rows')}
    assert state == {name for name, _, _ in compared}
