"""Hidden layers in one step: the same numbers as the modules one after the other, in less memory."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from mmdecon.models.heads import blocks, products
from mmdecon.models.heads.hidden import hidden_layer, is_by_channel
from mmdecon.models.heads.mlp import GELU, PointwiseMLP
from mmdecon.models.norm import SyncBN
from tests.support import tiny

B, A, C, D, h, w = 3, 3, 7, 4, 5, 4
BYTES = C * h * w * 8
WAYS = {
    'two channels, one image': (2 * B * h * w * 8, BYTES),
    'all at once': (2**22, 2**22),
    'two images': (1, 2 * BYTES),
    'some cells': (2**22, BYTES // 3),
}


@pytest.fixture(autouse=True, params=[*WAYS, 'as on a GPU'])
def way(request, monkeypatch) -> str:
    """Two channels, or images, at a time leave one over; seven cells of 20 are fewer the last time."""
    channels, cells = WAYS.get(request.param, (1, 1))
    monkeypatch.setattr(blocks, 'BLOCK_BYTES', channels)
    monkeypatch.setattr(products, 'PIECE_BYTES', cells)
    for module in (blocks, products):
        monkeypatch.setattr(module, 'GPU_BYTES', 2 * BYTES)
        monkeypatch.setattr(module, 'on_gpu', lambda x: 'GPU' in request.param)
    return request.param


def make(act: nn.Module, bias: bool = True, first: bool = False) -> nn.Sequential:
    torch.manual_seed(0)
    before = [nn.Conv2d(A, C, 1, bias=bias)] if first else []
    layer = nn.Sequential(*before, nn.BatchNorm2d(C), act, nn.Conv2d(C, D, 1, bias=bias)).double()
    nn.init.normal_(layer[-3].weight)
    nn.init.normal_(layer[-3].bias)
    return layer


def draw(layer: nn.Sequential, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    shape = (B, A if len(layer) == 4 else C, h, w)
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(1)).requires_grad_()


def in_one(layer: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    *first, norm, act, last = layer
    return hidden_layer(x, first[0] if first else None, norm, act, last)


def results(layer: nn.Sequential, run, dtype: torch.dtype = torch.float64) -> list:
    """Output, gradients and running statistics after two passes."""
    layer = deepcopy(layer)
    x = draw(layer, dtype)
    for _ in range(2):
        y = run(layer, x)
        y.sin().sum().backward()
    return [y.detach(), x.grad, *(p.grad for p in layer.parameters()), *layer.buffers()]


@pytest.mark.parametrize('first', [False, True])
@pytest.mark.parametrize('bias', [True, False])
@pytest.mark.parametrize('act', [nn.ReLU(), nn.GELU(), nn.LeakyReLU(0.2)], ids=lambda act: type(act).__name__)
def test_numbers_are_those_of_the_modules(act, bias, first) -> None:
    layer = make(act, bias, first)
    for plain, one in zip(results(layer, lambda layer, x: layer(x)), results(layer, in_one), strict=True):
        torch.testing.assert_close(one, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize('sizes', [(3, 7, 4, 5, 4), (2, 4, 9, 3, 3), (1, 5, 5, 4, 6)])
def test_products_are_the_convolution_in_float32(sizes) -> None:
    images, c, d, height, width = sizes
    torch.manual_seed(0)
    x, weight, bias = torch.randn(images, c, height, width), torch.randn(d, c, 1, 1), torch.randn(d)
    grad = torch.randn(images, d, height, width).transpose(2, 3).contiguous().transpose(2, 3)
    leaves = [part.clone().requires_grad_() for part in (x, weight, bias)]
    y = torch.nn.functional.conv2d(*leaves)
    expected = torch.autograd.grad(y, leaves, grad)
    torch.testing.assert_close(products.linear(x, weight, bias), y.detach(), rtol=1e-5, atol=1e-5)
    for into in (None, x.clone()):
        given = x if into is None else into
        found = products.linear_backward(grad, given, weight, True, into)
        for one, plain in zip(found, expected, strict=True):
            torch.testing.assert_close(one, plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('first', [False, True])
def test_gradients_are_the_slopes(first) -> None:
    layer = make(nn.GELU(), first=first)
    parameters = list(layer.parameters())
    assert torch.autograd.gradcheck(lambda x, *_: in_one(layer, x), (draw(layer), *parameters))


@pytest.mark.parametrize('first', [False, True])
def test_in_half_precision(first) -> None:
    layer = make(nn.GELU(), first=first).float()

    def within(run):
        def cast(layer, x):
            with torch.autocast('cpu', torch.bfloat16):
                return run(layer, x.bfloat16()).float()

        return cast

    one = results(layer, within(in_one), torch.float32)
    for plain, value in zip(results(layer, within(lambda layer, x: layer(x)), torch.float32), one, strict=True):
        assert value.dtype == plain.dtype
        torch.testing.assert_close(value, plain, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize('first', [False, True])
def test_backward_twice_and_computed_again(first) -> None:
    layer = make(nn.GELU(), first=first)
    x = draw(layer)
    y = in_one(layer, x).sum()
    (one,) = torch.autograd.grad(y, x, retain_graph=True)
    (other,) = torch.autograd.grad(y, x)
    (again,) = torch.autograd.grad(checkpoint(in_one, layer, x, use_reentrant=False).sum(), x)
    assert torch.equal(one, other) and torch.equal(one, again)


@pytest.mark.parametrize('first', [False, True])
def test_keeps_one_map_or_the_input_alone(first) -> None:
    kept = []
    layer = make(nn.GELU(), first=first)
    x = draw(layer)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.data_ptr()) or t, lambda t: t):
        in_one(layer, x)
    parameters = {p.data_ptr() for p in layer.parameters()}  # they are there anyway
    assert set(kept) - parameters == {x.data_ptr()}


@pytest.mark.parametrize('part', [0, 1, 3])
def test_parameters_written_to_before_the_backward_pass_are_noticed(part) -> None:
    layer = make(nn.GELU(), first=True)
    y = in_one(layer, draw(layer)).sum()
    with torch.no_grad():
        layer[part].weight.add_(1)
    with pytest.raises(RuntimeError, match='modified by an inplace operation'):
        y.backward()


def test_memory_goes_with_the_last_that_waits_for_it(way) -> None:
    if way != 'two channels, one image':
        pytest.skip('in one block, or where torch keeps it, there is none')
    layer = make(nn.GELU())
    x = draw(layer)
    one, other = in_one(layer, x).sum(), in_one(layer, x).sum()
    memory = blocks._shared.memory
    assert len(memory()) == x.numel() * 8
    one.backward()
    assert memory() is not None
    other.backward()
    assert memory() is None


@pytest.mark.parametrize(
    'channels', [(3, 16, 16), (16, 16, 16), (7, 16, 4)], ids=['first again', 'first once', 'narrow']
)
def test_teachers_write_over_their_own_maps_alone(channels) -> None:
    torch.manual_seed(0)
    inward, hidden, outward = channels
    mlp = PointwiseMLP(inward, hidden, outward, 3, tiny.BN, GELU).double()
    x = torch.randn(B, inward, h, w, dtype=torch.float64)
    before = x.clone()
    plain = deepcopy(mlp)
    expected = plain(x.requires_grad_()).detach()
    with torch.no_grad():
        torch.testing.assert_close(mlp(x), expected, rtol=1e-12, atol=1e-12)
        first = mlp(x)
        kept = first.clone()
        mlp(x + 1)
    assert torch.equal(x, before) and torch.equal(first, kept)
    assert plain.layers[0].norm.num_batches_tracked == 1


def test_in_place() -> None:
    norm, act, _ = make(nn.GELU())
    x = draw(make(nn.GELU())).detach()
    expected, into = act(deepcopy(norm)(x)).detach(), torch.empty_like(x)
    with torch.no_grad():
        out = blocks.norm_act(blocks.Before(x), norm, act, into=into)
        torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-12)
        again = blocks.norm_act(blocks.Before(x), norm, act, into=x)
    assert len(blocks.Before(x).blocks()) == 1 or (out is into and again is x)
    torch.testing.assert_close(again, expected, rtol=1e-12, atol=1e-12)
    assert norm.num_batches_tracked == 2


@pytest.mark.parametrize('channels, kept', [((4, 16, 16), 1), ((5, 16, 16), 2)])
def test_first_layer_is_run_again_if_it_costs_a_quarter_of_the_second(channels, kept) -> None:
    mlp = PointwiseMLP(*channels, 3, tiny.BN, GELU, recompute=True).double()
    x = torch.randn(B, channels[0], h, w, dtype=torch.float64, requires_grad=True)
    maps = set()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: maps.add((t.data_ptr(), *t.shape)) or t, lambda t: t):
        mlp(x)
    assert len([m for m in maps if m[1:] == (B, 16, h, w)]) == kept


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
