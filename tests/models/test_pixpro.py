"""PixPro's head and objective against a plain NumPy version of the formulas, and at their edges."""

from typing import Any

import numpy as np
import pytest
import torch

from mmdecon.models import MapHead, PixProObjective
from mmdecon.views import View, cells_in_source
from tests.support import tiny

BOXES = [
    [[4.0, 2.0, 44.0, 42.0], [0.0, 0.0, 30.0, 40.0], [0.0, 0.0, 20.0, 20.0]],
    [[20.0, 10.0, 70.0, 50.0], [6.0, 5.0, 46.0, 35.0], [60.0, 25.0, 80.0, 45.0]],  # the last: apart
]
FLIPS = [[False, True, False], [True, True, False]]
SOURCE = [[80.0, 50.0], [120.0, 41.0], [80.0, 50.0]]


def views() -> list[View]:
    """Two views of three images of different sizes."""
    return [
        View(torch.zeros(3, 3, 8, 8), torch.tensor(box).double(), torch.tensor(flip), source=torch.tensor(SOURCE))
        for box, flip in zip(BOXES, FLIPS)
    ]


def maps(h: int = 3, w: int = 4, channels: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Projections of the student and of the teacher, alike in part."""
    generator = torch.Generator().manual_seed(3)
    q, k = torch.randn(2, 3, channels, h, w, generator=generator, dtype=torch.float64)
    return q.requires_grad_(), k + 0.5 * q.detach()


def objective(**kwargs: Any) -> PixProObjective:
    torch.manual_seed(0)
    return PixProObjective(channels=5, **kwargs).double()


def centres(view: View, image: int, h: int, w: int, unit: str) -> tuple[np.ndarray, float]:
    """Centres (h, w, 2) and diagonal of an image's cells, by going from cell to cell."""
    x0, y0, x1, y1 = view.box[image].tolist()
    if unit == 'fraction':
        width, height = (side - 1 for side in view.source[image].tolist())
        x0, y0, x1, y1 = x0 / width, y0 / height, (x1 - 1) / width, (y1 - 1) / height
    step_x, step_y = (x1 - x0) / w, (y1 - y0) / h
    found = np.zeros((h, w, 2))
    for row in range(h):
        for column in range(w):
            shown = w - 1 - column if view.flipped[image] else column
            found[row, column] = x0 + (shown + 0.5) * step_x, y0 + (row + 0.5) * step_y
    return found, float(np.sqrt(step_x**2 + step_y**2))


def by_numpy(q: Any, k: Any, pair: list[View], transform: Any, power: float, unit: str, ratio: float) -> Any:
    """The loss and the number of positives, cell by cell."""
    cosine = lambda a, b: a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)  # noqa: E731
    losses, counts = [], []
    for image in range(len(q)):
        x, z = (m[image].reshape(m.shape[1], -1).T for m in (q, k))
        values = transform(x)
        values = values / np.sqrt((values**2).sum(axis=1, keepdims=True))
        mixed = [sum(max(cosine(a, b), 0) ** power * v for b, v in zip(x, values)) for a in x]
        (here, size), (there, other) = (centres(view, image, *q.shape[2:], unit) for view in pair)
        distances = np.sqrt(((here.reshape(-1, 1, 2) - there.reshape(1, -1, 2)) ** 2).sum(axis=2))
        pairs = np.argwhere(distances < ratio * max(size, other))
        counts.append(len(pairs))
        losses.append(-2 * sum(cosine(mixed[i], z[j]) for i, j in pairs) / (len(pairs) + 1e-6))
    return np.mean(losses), counts


@pytest.mark.parametrize('layers', [0, 1])
@pytest.mark.parametrize('unit', ['fraction', 'pixel'])
@pytest.mark.parametrize('power, ratio', [(2.0, 0.7), (1.0, 1.5)])
def test_the_loss_is_that_of_the_formulas(layers: int, unit: str, power: float, ratio: float) -> None:
    ours = objective(transform_layers=layers, unit=unit, power=power, max_distance=ratio)
    (q, k), pair = maps(), views()
    terms = ours(q, k, None, *pair)
    weight, bias = np.eye(5), np.zeros(5)
    if layers:
        weight, bias = (p.detach().numpy() for p in ours.transform.parameters())
    wanted, counts = by_numpy(
        q.detach().numpy(), k.numpy(), pair, lambda x: x @ weight.reshape(5, 5).T + bias, power, unit, ratio
    )
    assert terms['consistency'].item() == pytest.approx(wanted, rel=1e-12)
    assert ours.health(q)['positives'].item() == pytest.approx(np.mean(counts) / 12)
    assert counts[0] and counts[1] and not counts[2]


def test_units_differ_where_the_source_is_not_square() -> None:
    (q, k), pair = maps(), views()
    found = [objective(unit=unit)(q, k, None, *pair)['consistency'].item() for unit in ('fraction', 'pixel')]
    assert found[0] != pytest.approx(found[1], rel=1e-3)


def test_two_transform_layers_train() -> None:
    ours, (q, k) = objective(transform_layers=2), maps()
    ours(q, k, None, *views())['consistency'].backward()
    assert len(list(ours.parameters())) == 6
    assert all(p.grad is not None for p in ours.parameters())


@pytest.mark.parametrize('at_once', [1, 300])
@pytest.mark.parametrize('trained_teacher', [False, True])
def test_parts_of_the_batch_give_what_the_whole_gives(at_once: int, trained_teacher: bool) -> None:
    gradients = []
    for pairs_at_once in (2**25, at_once):
        ours, (q, k) = objective(pairs_at_once=pairs_at_once), maps()
        k.requires_grad_(trained_teacher)  # as in a shared twin
        loss = ours(q, k, None, *views())['consistency']
        loss.backward()
        gradients.append([loss.detach(), q.grad, *(p.grad for p in ours.parameters()), k.grad])
    for whole, parts in zip(*gradients):
        assert (whole is None and parts is None) or torch.allclose(whole, parts, rtol=1e-12, atol=1e-15)


def test_parts_keep_no_similarities(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for pairs_at_once in (2**25, 1):
        ours, (q, k) = objective(pairs_at_once=pairs_at_once), maps(16, 16)
        sizes: list[int] = []
        hooks = torch.autograd.graph.saved_tensors_hooks(lambda t, s=sizes: s.append(t.numel()) or t, lambda t: t)
        with hooks:
            ours(q, k, None, *views())
        kept.append(max(sizes))
    assert kept[0] >= 3 * 256**2 > 10 * kept[1]


def test_no_positive_pair_at_all_is_zero_with_gradient() -> None:
    ours, (q, k), (first, second) = objective(), maps(), views()
    loss = ours(q, k, None, first, second._replace(box=second.box + 1e4))['consistency']
    loss.backward()
    assert loss.item() == 0 and not q.grad.any() and ours.health(q)['positives'].item() == 0


def test_equal_views_agree_best() -> None:
    """The same view twice, maps constant: every pair has cosine 1."""
    ours, (view, _) = objective(transform_layers=0), views()
    x = torch.randn(3, 5, 1, 1, dtype=torch.float64).expand(-1, -1, 4, 4)
    assert ours(x, x, None, view, view)['consistency'].item() == pytest.approx(-2, rel=1e-6)


@pytest.mark.parametrize('grid', [None, 4, 2])
def test_the_grid_keeps_cells_where_they_are(grid: Any) -> None:
    """A head that passes its input on: source coordinates come out where ``cells_in_source`` says."""
    view = views()[0]
    head = MapHead(in_channels=2, out_channels=2, num_layers=1, grid=grid).double()
    torch.nn.init.eye_(head.layers[0].weight[:, :, 0, 0].data)
    torch.nn.init.zeros_(head.layers[0].bias)
    fine = cells_in_source(view, (4, 8))
    out = head(torch.stack([fine.x[:, None].expand(-1, 4, -1), fine.y[:, :, None].expand(-1, -1, 8)], dim=1), view)
    cells = cells_in_source(view, out.shape[2:])
    assert tuple(out.shape[2:]) == {None: (4, 8), 4: (4, 4), 2: (2, 2)}[grid]
    torch.testing.assert_close(out[:, 0], cells.x[:, None].expand(-1, out.shape[2], -1))
    torch.testing.assert_close(out[:, 1], cells.y[:, :, None].expand(-1, -1, out.shape[3]))


@pytest.mark.parametrize('at_once', [2**25, 1])
def test_bfloat16_is_close_to_float32(at_once: int) -> None:
    (q, k), pair = (m.float().detach() for m in maps(8, 8)), views()
    ours = objective(pairs_at_once=at_once).float()
    wanted = ours(q, k, None, *pair)['consistency']
    with torch.autocast('cpu', dtype=torch.bfloat16):
        half = q.bfloat16().requires_grad_()
        loss = ours(half, k.bfloat16(), None, *pair)['consistency']
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, wanted, rtol=0.05, atol=0.01)
    loss.backward()
    assert torch.isfinite(half.grad).all()


def test_the_teacher_is_compared_in_full_precision() -> None:
    """One cell: propagation copies it, in half precision; half as precise a teacher would show."""
    (q, k), view = (m.float().detach().bfloat16().float() for m in maps(1, 1)), views()[0]
    ours = objective(transform_layers=0).float()
    unit = torch.nn.functional.normalize(q, dim=1).bfloat16().float()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        loss = ours(q, k, None, view, view)['consistency']
    torch.testing.assert_close(loss, -2 * torch.cosine_similarity(unit, k, dim=1).mean(), rtol=3e-6, atol=0)


def test_decon_by_pixpro_trains() -> None:
    """Encoder and decoder, with a grid where cells are many; teachers see no gradient and have what students have."""
    heads = dict(enc=('c5', None), dec=('p2', 8))
    norm_cfg = tiny.BN
    branches = {
        name: dict(
            level=level,
            weight=0.5,
            head=dict(type='mmdecon.MapHead', hidden_channels=12, out_channels=8, grid=grid, norm_cfg=norm_cfg),
            objective=dict(type='mmdecon.PixProObjective'),
        )
        for name, (level, grid) in heads.items()
    }
    model = tiny.DeCon(network=tiny.network(), branches=branches)
    model.init_weights()
    model.clock = lambda: tiny.Clock(0, 10)
    batch = [v._replace(source=torch.full((4, 2), 128.0)) for v in tiny.views()]
    outputs = model.train().loss(batch)
    tiny.total(outputs).backward()
    assert all(-4 * 0.5 <= outputs[f'loss_{name}'].item() <= 2 for name in heads)
    assert outputs['dec/positives'] > 0 and 0 < outputs['dec/std'] < 1.5
    assert all(p.grad is not None for n, p in model.named_parameters() if p.requires_grad and 'branches' in n)


@pytest.mark.parametrize(
    'change', [dict(power=0.5), dict(transform_layers=-1), dict(pairs_at_once=0), dict(max_distance=0), dict(unit='cm')]
)
def test_options_out_of_range_are_refused(change: dict) -> None:
    with pytest.raises(ValueError, match=f'PixProObjective.{next(iter(change))}'):
        PixProObjective(channels=5, **change)


def test_what_has_no_place_is_refused() -> None:
    (q, k), pair = maps(), [view._replace(source=None) for view in views()]
    with pytest.raises(ValueError, match='View.source'):
        objective()(q, k, None, *pair)
    assert objective(unit='pixel')(q, k, None, *pair)
    with pytest.raises(ValueError, match='grid=0'):
        MapHead(in_channels=2, grid=0)
    with pytest.raises(ValueError, match='grid=5 does not divide a map of 8 x 4'):
        MapHead(in_channels=2, hidden_channels=4, grid=5)(torch.randn(2, 2, 8, 4), pair[0])
