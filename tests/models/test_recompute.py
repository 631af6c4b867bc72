"""Recomputation: less kept, the same numbers."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mmdecon.models.heads.mlp import GELU, PointwiseMLP
from tests.support import tiny
from tests.support.precision import float16_on_cpus


def mlps(**kwargs) -> list:
    """Two equal ones, the second of which recomputes."""
    made = [PointwiseMLP(6, 16, 4, 3, tiny.BN, GELU, recompute=recompute, **kwargs) for recompute in (False, True)]
    made[1].load_state_dict(made[0].state_dict())
    return made


@pytest.mark.parametrize('last_norm', [False, True])
@pytest.mark.parametrize('shape', [(2, 6, 5, 3), (7, 6)])
def test_values_gradients_and_statistics_stay(shape, last_norm) -> None:
    results = []
    for mlp in mlps(last_norm=last_norm):
        x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
        y = mlp.double()(x.double())
        y.sin().sum().backward()
        results.append([y, x.grad, *(p.grad for p in mlp.parameters()), *mlp.buffers()])
    assert all(torch.equal(plain, frugal) for plain, frugal in zip(*results, strict=True))


@pytest.mark.parametrize('channels, again', [((6, 16, 4), 0), ((4, 16, 16), 1)])
def test_no_linear_layer_runs_twice_but_a_cheap_first_one(channels, again) -> None:
    inward, hidden, outward = channels
    mlp = PointwiseMLP(*channels, 3, tiny.BN, GELU, recompute=True).double()
    with FlopCounterMode(display=False) as counter:
        mlp(torch.randn(2, inward, 16, 16, dtype=torch.float64, requires_grad=True)).sum().backward()
    once = hidden * (inward + hidden + outward)
    assert counter.get_total_flops() == 2 * 2 * 16 * 16 * (3 * once + again * inward * hidden)


def test_teachers_keep_nothing_and_recompute_nothing() -> None:
    plain, frugal = mlps()
    with torch.no_grad():
        x = torch.randn(4, 6)
        assert torch.equal(plain(x), frugal(x))


@pytest.mark.parametrize('norm_cfg', [tiny.BN, None], ids=['norm', 'no norm'])
@pytest.mark.parametrize(
    'channels, layers, kept',
    [((5, 16, 16), 3, 2), ((4, 16, 16), 3, 1), ((4, 16, 16), 4, 2), ((5, 16, 4), 2, 1), ((4, 16, 16), 2, 0)],
)
def test_each_hidden_layer_keeps_one_map_and_a_cheap_first_one_none(channels, layers, kept, norm_cfg) -> None:
    mlp = PointwiseMLP(*channels, layers, norm_cfg, GELU, recompute=True)
    x, maps = torch.randn(2, channels[0], 5, 3, requires_grad=True), set()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: maps.add((t.data_ptr(), *t.shape)) or t, lambda t: t):
        y = mlp(x)
    assert {m for m in maps if m[1:] == x.shape} == {(x.data_ptr(), *x.shape)}
    assert len([m for m in maps if m[1:] == (2, 16, 5, 3)]) == kept
    assert all(m[0] != y.data_ptr() for m in maps)


def test_no_recomputation_keeps_three_maps_of_each_hidden_layer() -> None:
    """What the test above is to be read against: of a linear layer, a norm and an activation."""
    mlp, maps = PointwiseMLP(6, 16, 4, 3, tiny.BN, GELU), set()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: maps.add((t.data_ptr(), *t.shape)) or t, lambda t: t):
        y = mlp(torch.randn(2, 6, 5, 3, requires_grad=True))
    assert y.requires_grad and len([m for m in maps if m[1:] == (2, 16, 5, 3)]) == 6


@pytest.mark.parametrize('dtype', [torch.bfloat16, pytest.param(torch.float16, marks=float16_on_cpus)])
def test_in_half_precision(dtype) -> None:
    results = []
    for mlp in mlps():
        x = torch.randn(2, 6, 5, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
        with torch.autocast('cpu', dtype):
            y = mlp(x)
        y.float().sin().sum().backward()
        results.append([y, x.grad, *(p.grad for p in mlp.parameters()), *mlp.buffers()])
    assert all(torch.equal(plain, frugal) for plain, frugal in zip(*results, strict=True))


@pytest.mark.parametrize('level', ['c5', 'p2'])
def test_decon_trains_alike(level) -> None:
    losses = []
    for recompute in (False, True):
        torch.manual_seed(0)
        branch = tiny.branch(level)
        branch['head'] = dict(branch['head'], recompute=recompute)
        model = tiny.DeCon(network=tiny.network(), branches=dict(one=branch))
        model.double().init_weights()
        model.clock = lambda: tiny.Clock(0, 10)
        optimiser = torch.optim.SGD(model.train().parameters(), 0.1)
        for _ in range(3):
            optimiser.zero_grad()
            loss = tiny.total(model([v._replace(image=v.image.double(), box=v.box.double()) for v in tiny.views()]))
            loss.backward()
            optimiser.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-11)
