"""Mixed precision against full: every base, under DeCon-ML, in both half-precision types.

CPUs compute in float16 too, if slowly, so the range of float16 is tested without a GPU; mmengine's own wrapper for it,
``AmpOptimWrapper``, runs on GPUs alone.
"""

from functools import cache
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from mmengine.optim import build_optim_wrapper
from torch import Tensor

from tests.support import all_objectives, tiny
from tests.support.precision import float16_on_cpus
from tests.support.wide import sampled

STEPS = 3
LOSS_SCALE = 128.0


class Run(NamedTuple):
    """What a short run leaves.

    Attributes:
        losses: Of each step.
        gradient: All gradients of the first step, in one row.
        dtypes: Of the model's parameters and buffers.
    """

    losses: list[float]
    gradient: Tensor
    dtypes: list[torch.dtype]


@cache
def train(kind: str, dtype: torch.dtype | None) -> Run:
    """Trains a base for some steps, in full precision or under autocast, float16 with scaled losses."""
    model, batch = all_objectives.build(kind), all_objectives.views()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.SGD(trained, lr=0.05, momentum=0.9)
    scaler = torch.amp.GradScaler('cpu', init_scale=LOSS_SCALE) if dtype is torch.float16 else None
    losses, gradient = [], torch.zeros(())
    for step in range(STEPS):
        torch.manual_seed(step)  # regions are drawn
        with torch.autocast('cpu', dtype or torch.bfloat16, enabled=dtype is not None):
            outputs = model.loss(batch)
        loss = tiny.total(outputs)
        assert loss.dtype == torch.float32
        assert all(value.isfinite().all() for value in outputs.values()), outputs
        optimiser.zero_grad()
        (scaler.scale(loss) if scaler else loss).backward()
        if scaler:
            scaler.unscale_(optimiser)
        if step == 0:
            gradient = torch.cat([p.grad.flatten() for p in trained])
        if scaler:
            scaler.step(optimiser)
            scaler.update()
        else:
            optimiser.step()
        losses.append(loss.item())
    assert scaler is None or scaler.get_scale() == LOSS_SCALE  # no step was skipped
    return Run(losses, gradient, [value.dtype for value in model.state_dict().values() if value.is_floating_point()])


@pytest.mark.parametrize(
    ('dtype', 'first', 'later', 'angle'),
    [(torch.bfloat16, 0.02, 0.15, 0.85), pytest.param(torch.float16, 0.002, 0.08, 0.99, marks=float16_on_cpus)],
    ids=['bfloat16', 'float16'],
)
@pytest.mark.parametrize('kind', sampled(all_objectives.KINDS, len(all_objectives.KINDS)))
def test_half_precision_trains_like_full(
    kind: str, dtype: torch.dtype, first: float, later: float, angle: float
) -> None:
    """The first loss, the losses after some steps, the direction of the first gradient; what is kept stays float32."""
    wanted, got = train(kind, None), train(kind, dtype)
    assert got.losses[0] == pytest.approx(wanted.losses[0], rel=first)
    assert got.losses == pytest.approx(wanted.losses, rel=later)
    assert got.gradient.isfinite().all() and F.cosine_similarity(got.gradient, wanted.gradient, dim=0) > angle
    assert set(got.dtypes) == {torch.float32}


@pytest.mark.gpu  # mmengine computes in float16 there alone
@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
@pytest.mark.parametrize('kind', all_objectives.KINDS)
def test_mmengines_wrapper_on_a_gpu(kind: str, dtype: str) -> None:
    """The wrapper that ``--amp`` chooses: finite losses close to those of full precision on the CPU."""
    wanted = train(kind, None)
    model = all_objectives.build(kind).cuda()
    batch = [type(v)(*(None if part is None else part.cuda() for part in v)) for v in all_objectives.views()]
    config = dict(type='AmpOptimWrapper', dtype=dtype, optimizer=dict(type='SGD', lr=0.05, momentum=0.9))
    wrapper = build_optim_wrapper(model, config)
    losses = []
    for _ in range(STEPS):
        with wrapper.optim_context(model):
            outputs = model.loss(batch)
        losses.append(tiny.total(outputs).item())
        wrapper.update_params(tiny.total(outputs))
    assert losses[0] == pytest.approx(wanted.losses[0], rel=0.05)
    assert all(torch.tensor(losses).isfinite())


@pytest.mark.skipif(torch.cuda.is_available(), reason='without a GPU only')
def test_mmengines_wrapper_needs_a_gpu() -> None:
    """Why ``mmdecon.BFloat16OptimWrapper`` exists."""
    config = dict(type='AmpOptimWrapper', dtype='bfloat16', optimizer=dict(type='SGD', lr=0.1))
    with pytest.raises(AssertionError, match='only available training on gpu'):
        build_optim_wrapper(tiny.build(), config)


def test_our_wrapper_runs_the_forward_pass_in_bfloat16() -> None:
    """As autocast does by hand, to the last bit; and gradient accumulation divides the loss."""
    config = dict(type='mmdecon.BFloat16OptimWrapper', accumulative_counts=2, optimizer=dict(type='SGD', lr=0.1))
    model = all_objectives.build('MoCo')
    wrapper = build_optim_wrapper(model, config)
    wrapper.initialize_count_status(model, 0, 4)
    with wrapper.optim_context(model):
        loss = tiny.total(model.loss(all_objectives.views()))
    before = [p.clone() for p in model.parameters()]
    wrapper.update_params(loss)
    assert loss.item() == train('MoCo', torch.bfloat16).losses[0]
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters()))  # the step comes after two passes
    gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.requires_grad])
    torch.testing.assert_close(2 * gradient, train('MoCo', torch.bfloat16).gradient)


@float16_on_cpus
def test_float16_survives_vectors_of_zeros() -> None:
    """Dead units in the projector: float16 would scale them by 0 / 0, as it rounds torch's small divisor to 0."""
    model = all_objectives.build('DetCon-S')
    for parameter in model.branches.enc.head.parameters():
        torch.nn.init.zeros_(parameter)
    with torch.autocast('cpu', torch.float16):
        loss = tiny.total(model.loss(all_objectives.views()))
    assert loss.isfinite()
