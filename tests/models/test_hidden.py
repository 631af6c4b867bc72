"""Hidden layers in one step: the same numbers as norm, activation and convolution by themselves, in less memory."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from mmdecon.models.heads import hidden
from mmdecon.models.heads.hidden import NormActLinear, is_by_channel, norm_act
from mmdecon.models.heads.mlp import GELU, PointwiseMLP
from mmdecon.models.norm import SyncBN
from tests.models import tiny

SHAPE = (3, 7, 5, 4)


@pytest.fixture(autouse=True, params=['two channels at a time', 'all in one block', 'as on a GPU'])
def way(request, monkeypatch) -> str:
    """Two channels at a time leave one over."""
    monkeypatch.setattr(hidden, 'BLOCK_BYTES', 2 * 3 * 5 * 4 * 8 if request.param.startswith('two') else 2**22)
    monkeypatch.setattr(hidden, 'on_gpu', lambda x: 'GPU' in request.param)
    return request.param


def make(act: nn.Module, bias: bool = True, norm: type = nn.BatchNorm2d) -> nn.Sequential:
    torch.manual_seed(0)
    layer = nn.Sequential(norm(7), act, nn.Conv2d(7, 4, 1, bias=bias)).double()
    nn.init.normal_(layer[0].weight)
    nn.init.normal_(layer[0].bias)
    return layer


def in_one(layer: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    norm, act, conv = layer
    return NormActLinear.apply(x, norm.weight, norm.bias, conv.weight, conv.bias, norm, act)


def results(layer: nn.Sequential, run, dtype: torch.dtype = torch.float64) -> list:
    """Output, gradients and running statistics after two passes."""
    layer = deepcopy(layer)
    x = torch.randn(SHAPE, dtype=dtype, generator=torch.Generator().manual_seed(1)).requires_grad_()
    for _ in range(2):
        y = run(layer, x)
        y.sin().sum().backward()
    return [y.detach(), x.grad, *(p.grad for p in layer.parameters()), *layer.buffers()]


@pytest.mark.parametrize('bias', [True, False])
@pytest.mark.parametrize('act', [nn.ReLU(), nn.GELU(), nn.LeakyReLU(0.2)], ids=lambda act: type(act).__name__)
def test_numbers_are_those_of_the_three_modules(act, bias) -> None:
    layer = make(act, bias)
    for plain, one in zip(results(layer, lambda layer, x: layer(x)), results(layer, in_one), strict=True):
        torch.testing.assert_close(one, plain, rtol=1e-12, atol=1e-12)


def test_gradients_are_the_slopes() -> None:
    layer = make(nn.GELU())
    x = torch.randn(SHAPE, dtype=torch.float64, requires_grad=True)
    norm, act, conv = layer
    assert torch.autograd.gradcheck(
        lambda *tensors: NormActLinear.apply(*tensors, norm, act), (x, norm.weight, norm.bias, conv.weight, conv.bias)
    )


def test_in_half_precision() -> None:
    layer = make(nn.GELU()).float()

    def within(run):
        def cast(layer, x):
            with torch.autocast('cpu', torch.bfloat16):
                return run(layer, x.bfloat16()).float()

        return cast

    one = results(layer, within(in_one), torch.float32)
    for plain, value in zip(results(layer, within(lambda layer, x: layer(x)), torch.float32), one, strict=True):
        torch.testing.assert_close(value, plain, rtol=2e-2, atol=2e-2)


def test_backward_twice_and_computed_again() -> None:
    layer = make(nn.GELU())
    x = torch.randn(SHAPE, dtype=torch.float64, requires_grad=True)
    y = in_one(layer, x).sum()
    (first,) = torch.autograd.grad(y, x, retain_graph=True)
    (second,) = torch.autograd.grad(y, x)
    (third,) = torch.autograd.grad(checkpoint(in_one, layer, x, use_reentrant=False).sum(), x)
    assert torch.equal(first, second) and torch.equal(first, third)


def test_keeps_one_map() -> None:
    kept = []
    layer, x = make(nn.GELU()), torch.randn(SHAPE, dtype=torch.float64)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        in_one(layer, x)
    assert sorted(kept) == [7, 7, 28, x.numel()]  # parameters are there anyway


@pytest.mark.parametrize('part', [0, 2])
def test_parameters_written_to_before_the_backward_pass_are_noticed(part) -> None:
    layer, x = make(nn.GELU()), torch.randn(SHAPE, dtype=torch.float64)
    y = in_one(layer, x).sum()
    with torch.no_grad():
        layer[part].weight.add_(1)
    with pytest.raises(RuntimeError, match='modified by an inplace operation'):
        y.backward()


def test_memory_goes_with_the_last_that_waits_for_it(way) -> None:
    if 'GPU' in way:
        pytest.skip('torch keeps it')
    layer, x = make(nn.GELU()), torch.randn(SHAPE, dtype=torch.float64)
    one, other = in_one(layer, x).sum(), in_one(layer, x).sum()
    memory = hidden._shared.memory
    assert len(memory()) == x.numel() * 8
    one.backward()
    assert memory() is not None
    other.backward()
    assert memory() is None


def test_teachers_write_over_their_own_maps_alone() -> None:
    torch.manual_seed(0)
    mlp = PointwiseMLP(7, 16, 4, 3, tiny.BN, GELU).double()
    x = torch.randn(SHAPE, dtype=torch.float64)
    before = x.clone()
    expected = deepcopy(mlp)(x.requires_grad_()).detach()
    with torch.no_grad():
        torch.testing.assert_close(mlp(x), expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(x, before)


def test_in_place() -> None:
    norm, act, _ = make(nn.GELU())
    x = torch.randn(SHAPE, dtype=torch.float64)
    expected = act(deepcopy(norm)(x)).detach()
    with torch.no_grad():
        assert norm_act(x, norm, act, into=x) is x
    torch.testing.assert_close(x, expected, rtol=1e-12, atol=1e-12)
    assert norm.num_batches_tracked == 1


@pytest.mark.parametrize(
    'norm, yes',
    [
        (nn.BatchNorm2d(4), True),
        (SyncBN(4), True),
        (nn.BatchNorm2d(4).eval(), False),
        (nn.BatchNorm2d(4, affine=False), False),
        (nn.BatchNorm2d(4, momentum=None), False),
        (nn.GroupNorm(2, 4), False),
    ],
)
def test_norms_that_treat_channels_by_themselves(norm, yes) -> None:
    assert is_by_channel(norm) is yes
