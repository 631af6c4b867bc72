"""Reading a level at fewer positions."""

import pytest
import torch

from mmdecon.models import PositionSampler
from mmdecon.models.positions import partners
from mmdecon.resample import resample
from mmdecon.views import View, cells_in_source
from tests.support import tiny

BOTH = {0: {1}, 1: {0}}
SIZE = 64


def coordinates(view: View, cells: int) -> torch.Tensor:
    """A map whose two channels are where each cell lies in the source image, (B, 2, cells, cells)."""
    x, y, _ = cells_in_source(view, (cells, cells))
    return torch.stack([x[:, None, :].expand(-1, cells, -1), y[:, :, None].expand(-1, -1, cells)], dim=1)


def lay(sampler: PositionSampler, views: list, cells: int = SIZE) -> list:
    return sampler(views, BOTH, {0: (cells, cells), 1: (cells, cells)})


def test_as_many_positions_as_cells_is_the_map() -> None:
    maps, whole = torch.randn(2, 3, 7, 9), torch.tensor([[0.0, 0.0, 1.0, 1.0]]).repeat(2, 1)
    assert torch.allclose(resample(maps, whole, (7, 9), torch.zeros(2, dtype=torch.bool)), maps, atol=1e-6)


@pytest.mark.parametrize('method', ['slotcon', 'densecl', 'pixpro'])
def test_a_grid_as_fine_as_the_map_is_the_exact_mode(method) -> None:
    branch = {
        'slotcon': tiny.branch('p2'),
        'densecl': dict(
            level='p2',
            head=dict(type='mmdecon.DenseHead', hidden_channels=12, out_channels=8),
            objective=dict(type='mmdecon.DenseCLObjective', queue_length=16),
        ),
        'pixpro': dict(
            level='p2',
            head=dict(type='mmdecon.MapHead', hidden_channels=12, out_channels=8),
            objective=dict(type='mmdecon.PixProObjective', unit='pixel'),
        ),
    }[method]
    losses = {}
    for grid in (None, 16, 8):
        torch.manual_seed(0)
        positions = None if grid is None else dict(type='mmdecon.PositionSampler', grid=grid)
        model = tiny.DeCon(network=tiny.network(), branches=dict(dec=dict(branch, positions=positions)))
        model.init_weights()
        model.clock = lambda: tiny.Clock(0, 10)
        torch.manual_seed(1)
        losses[grid] = tiny.total(model.train()(tiny.views(batch=2))).item()
    assert losses[16] == losses[None]
    assert losses[8] != losses[None]


def test_reading_all_cells_by_interpolation_gives_the_exact_loss() -> None:
    """The same model, its p2 read through the sampler's own arithmetic at every cell."""

    class EveryCell(PositionSampler):
        def read(self, feature, view, laid):
            return resample(feature, torch.tensor([[0.0, 0, 1, 1]]).repeat(len(feature), 1), feature.shape[2:],
                            torch.zeros_like(view.flipped))  # fmt: skip

    losses = []
    for positions in (None, EveryCell(grid=16)):
        model = tiny.build(dict(dec='p2'), seed=0)
        model.branches['dec'].positions = positions
        losses.append(tiny.total(model(tiny.views())).item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


@pytest.mark.parametrize('jitter', [False, True])
@pytest.mark.parametrize('area', ['view', 'overlap'])
def test_the_boxes_say_where_the_positions_lie(area, jitter) -> None:
    torch.manual_seed(0)
    views, sampler = tiny.views(), PositionSampler(grid=5, area=area, jitter=jitter)
    for view, laid in zip(views, lay(sampler, views)):
        read = sampler.read(coordinates(view, SIZE), view, laid)
        expected = coordinates(laid, 5)
        assert read.shape == (4, 2, 5, 5)
        # linear maps are interpolated exactly, but within half a cell of the border, which is repeated
        low, high = view.box[:, :2, None, None] + 0.5, view.box[:, 2:, None, None] - 0.5
        assert torch.allclose(read, expected.maximum(low).minimum(high), atol=1e-3)
        assert (expected >= view.box[:, :2, None, None]).all() and (expected <= view.box[:, 2:, None, None]).all()


def test_in_the_overlap_both_views_read_the_same_places() -> None:
    views, sampler = tiny.views(), PositionSampler(grid=6, area='overlap')
    first, second = lay(sampler, views)
    assert torch.equal(first.box, second.box)
    a, b = (sampler.read(coordinates(v, SIZE), v, laid) for v, laid in zip(views, (first, second)))
    unmirrored = torch.where(first.flipped[:, None, None, None], a.flip(3), a)
    assert torch.allclose(unmirrored, torch.where(second.flipped[:, None, None, None], b.flip(3), b), atol=0.51)


def test_jitter_moves_each_image_and_each_pass() -> None:
    torch.manual_seed(0)
    views, sampler = tiny.views(batch=3), PositionSampler(grid=8)
    shifts = [lay(sampler, views)[0].box - views[0].box for _ in range(200)]
    spacing = 64 / 8
    stacked = torch.stack(shifts)
    assert (stacked.abs() <= spacing / 2).all()
    assert torch.allclose(stacked.mean(dim=0), torch.zeros(3, 4), atol=0.5)
    assert torch.allclose(stacked[..., :2].std(dim=0), torch.full((3, 2), spacing / 12**0.5), atol=0.4)


def test_views_without_common_area_stay_finite() -> None:
    model = tiny.build(dict(dec='p2'))
    model.branches['dec'].positions = PositionSampler(grid=4, area='overlap')
    outputs = model(tiny.views(tiny.APART))
    assert outputs['overlapping'] == 0 and outputs['dec/distil'] == 0
    assert torch.isfinite(tiny.total(outputs))


def test_both_halves_read_the_same_positions_and_gradients_reach_the_network() -> None:
    model = tiny.build(dict(dec='p2'))
    sampler = model.branches['dec'].positions = PositionSampler(grid=4)
    read = []
    sampler.read = lambda feature, view, laid: (
        read.append(laid.box) or PositionSampler.read(sampler, feature, view, laid)
    )
    tiny.total(model(tiny.views())).backward()
    assert torch.equal(read[0], read[2]) and torch.equal(read[1], read[3])  # student's two views, teacher's two views
    student = model.network.student
    assert all(p.grad is not None for p in student.parameters() if p.requires_grad)
    assert student.encoder.conv1.weight.grad.abs().sum() > 0


def test_half_precision_stays() -> None:
    sampler, view = PositionSampler(grid=4), tiny.views()[0]
    assert sampler.read(torch.randn(4, 2, 16, 16).bfloat16(), view, view).dtype == torch.bfloat16


def test_partners() -> None:
    assert partners([(0, 1)]) == {0: {1}, 1: {0}}
    assert partners([(1, 2), (0, 0)]) == {0: set(), 1: {2}, 2: {1}}


@pytest.mark.parametrize('wrong', [dict(grid=1), dict(area='both')])
def test_refusals(wrong) -> None:
    with pytest.raises(ValueError, match=f'PositionSampler.{next(iter(wrong))}'):
        PositionSampler(**wrong)


def test_regions_and_positions_do_not_mix() -> None:
    both = dict(
        sampler=dict(type='mmdecon.RegionSampler'), positions=dict(type='mmdecon.PositionSampler'), **tiny.branch('p2')
    )
    with pytest.raises(ValueError, match='leave positions out'):
        tiny.DeCon(network=tiny.network(), branches=dict(dec=both))
