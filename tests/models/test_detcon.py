"""DetCon as a composition: branches, switches, and the loss against plain NumPy."""

from typing import Any

import numpy as np
import pytest
import torch

from mmdecon.models import DeCon, DetConObjective
from mmdecon.models.heads.region_head import RegionEmbedding
from mmdecon.schedules import Clock
from mmdecon.views import View
from tests.support import tiny

HEAD = dict(type='mmdecon.RegionHead', hidden_channels=12, out_channels=8)
B = dict(type='mmdecon.DetConObjective', hidden_channels=12)
S = dict(type='mmdecon.DetConObjective', predictor=False)


def branch(level: str = 'c5', weight: float = 1.0, objective: dict[str, Any] = B, **kwargs: Any) -> dict[str, Any]:
    """Config of a DetCon branch."""
    sampler = dict(type='mmdecon.RegionSampler', num_regions=5)
    return dict(level=level, weight=weight, head=HEAD, objective=objective, sampler=sampler, **kwargs)


def views(batch: int = 4) -> list[View]:
    """Two views with the same four quarters as regions."""
    quarters = torch.zeros(batch, 1, 64, 64, dtype=torch.long)
    quarters[..., 32:, :] += 1
    quarters[..., 32:] += 1000
    return [view._replace(regions=quarters) for view in tiny.views(batch=batch)]


def build(branches: dict[str, Any], **kwargs: Any) -> DeCon:
    """A model at the start of a run."""
    torch.manual_seed(0)
    model = DeCon(network=tiny.network(), branches=branches, **kwargs)
    model.init_weights()
    model.clock = lambda: Clock(0, 10)
    return model.train()


@pytest.mark.parametrize(
    ('branches', 'shared'),
    [
        (dict(enc=branch()), False),
        (dict(enc=branch(objective=S, shared=True)), True),
        (dict(enc=branch(weight=0.5), dec_p2=branch('p2', 0.25), dec_p3=branch('p3', 0.25)), False),
        pytest.param(dict(enc=tiny.branch('c5'), dec=branch('p2', 0.5)), False, marks=pytest.mark.wide),
        (dict(enc=branch(objective=dict(S, local_negatives=False), pairs=((0, 0), (1, 1)))), False),
    ],
    ids=['B', 'S', 'ML', 'regions on the decoder only', 'single view'],
)
def test_compositions_train(branches: dict[str, Any], shared: bool) -> None:
    model = build(branches, shared=shared)
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.5)
    losses = []
    for _ in range(12):
        outputs = model.loss(views())
        loss = tiny.total(outputs)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    assert all(0 < outputs[f'{name}/std'] < 1.5 for name in branches)


def test_shared_halves_run_once() -> None:
    model = build(dict(enc=branch(objective=S, shared=True)), shared=True)
    calls = []
    model.branches['enc'].head.student.register_forward_hook(lambda *_: calls.append(1))
    model.loss(views())
    assert len(calls) == 2


def test_both_halves_see_the_same_draws() -> None:
    model = build(dict(enc=branch()))
    seen = []
    for half in (model.branches['enc'].head.student, model.branches['enc'].head.teacher):
        half.register_forward_hook(lambda module, inputs, output: seen.append(output.ids))
    model.loss(views())
    assert len(seen) == 4 and torch.equal(seen[0], seen[2]) and torch.equal(seen[1], seen[3])
    assert not torch.equal(seen[0], seen[1])


def test_regions_that_vanish_have_no_weight_and_no_gradient() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, 8, dtype=torch.double, requires_grad=True)
    q = RegionEmbedding(x, torch.tensor([[0, 1, 1], [-1, -1, -1]]))
    k = RegionEmbedding(torch.randn(2, 3, 8).double(), torch.tensor([[0, 0, 2], [-1, -1, -1]]))
    own = RegionEmbedding(torch.randn(2, 3, 8).double(), q.ids)
    loss = DetConObjective(8, predictor=False)(q, k, own, None, None)['contrast']
    loss.backward()
    assert loss > 0 and x.grad[1].abs().max() == 0 and x.grad[0, 1:].abs().max() == 0 and x.grad[0, 0].abs().max() > 0
    nothing = q._replace(ids=torch.full((2, 3), -1))
    loss = DetConObjective(8, predictor=False, local_negatives=False)(nothing, k, own, None, None)['contrast']
    assert loss == 0 and loss.isfinite()


def numpy_loss(q: np.ndarray, k: np.ndarray, ids_q: np.ndarray, ids_k: np.ndarray, columns: np.ndarray) -> float:
    """The cross-view block alone, one row at a time; ``columns`` serve as negatives of other images."""
    q, k = (x / np.linalg.norm(x, axis=2, keepdims=True) for x in (q, k))
    losses = []
    for image in range(len(q)):
        for draw in range(q.shape[1]):
            same = (ids_k[image] == ids_q[image, draw]).nonzero()[0]
            kept = [
                (i, m) for i in range(len(k)) for m in range(k.shape[1]) if i == image or columns[i * k.shape[1] + m]
            ]
            logits = [q[image, draw] @ k[i, m] / 0.1 for i, m in kept]
            positive = [q[image, draw] @ k[image, m] / 0.1 for m in same]
            loss = np.log(np.sum(np.exp(logits))) - np.mean(positive) if len(same) else 0
            losses.append(loss / (ids_q[image] == ids_q[image, draw]).sum())
    return float(np.mean(losses))


@pytest.mark.parametrize('divisor', [1, 2, 4, 100])
def test_thinned_negatives(divisor: int, monkeypatch) -> None:
    random = np.random.default_rng(1)
    arrays = random.standard_normal((2, 3, 4, 8))
    ids = random.integers(0, 3, (2, 3, 4))
    drawn = []
    draw = DetConObjective._draw_negatives
    monkeypatch.setattr(DetConObjective, '_draw_negatives', lambda *args: drawn.append(draw(*args)) or drawn[-1])
    q, k = (RegionEmbedding(torch.from_numpy(x), torch.from_numpy(i)) for x, i in zip(arrays, ids))
    objective = DetConObjective(8, predictor=False, negatives_divisor=divisor)
    loss = objective(q, k, k, None, None)['contrast'].item()  # own is k: no second block
    assert drawn[0].sum() == -(-12 // divisor)
    assert loss == pytest.approx(numpy_loss(*arrays, *ids, drawn[0].numpy()), rel=1e-12)


def test_refusals() -> None:
    with pytest.raises(ValueError, match='negatives_divisor is 0'):
        DetConObjective(8, negatives_divisor=0)
    with pytest.raises(ValueError, match='min_area is 0'):
        build(dict(enc=branch() | dict(head=dict(HEAD, min_area=0))))
    without = {key: value for key, value in branch().items() if key != 'sampler'}
    with pytest.raises(ValueError, match='give its branch sampler'):
        build(dict(enc=without)).loss(views())
    with pytest.raises(ValueError, match='LoadRegions'):
        build(dict(enc=branch())).loss(tiny.views())


def test_half_precision_keeps_the_loss() -> None:
    model = build(dict(enc=branch(objective=S, shared=True)), shared=True)
    torch.manual_seed(3)
    exact = tiny.total(model.loss(views())).item()
    torch.manual_seed(3)
    with torch.autocast('cpu', torch.bfloat16):
        half = tiny.total(model.loss(views()))
    assert half.dtype == torch.float32 and half.item() == pytest.approx(exact, rel=0.05)
