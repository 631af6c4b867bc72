"""DenseCL's loss against NumPy, its warm-up, its grid, and its runs."""

from typing import Any

import numpy as np
import pytest
import torch

from mmdecon.models import DeCon, DenseCLObjective, DenseHead
from mmdecon.models.heads.dense_head import DenseEmbedding
from mmdecon.models.objectives.densecl import match
from mmdecon.models.objectives.queue import directions
from mmdecon.schedules import Clock
from tests.support import tiny


def embedding(seed: int, h: int = 3, w: int = 2, batch: int = 2) -> DenseEmbedding:
    generator = torch.Generator().manual_seed(seed)
    shapes = (batch, 4), (batch, 4, h, w), (batch, 5, h, w)
    return DenseEmbedding(*(torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes))


def unit(x: Any, axis: int) -> np.ndarray:
    x = np.asarray(x)
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def infonce(query: np.ndarray, key: np.ndarray, negatives: np.ndarray, temperature: float) -> float:
    positive, others = np.exp(query @ key / temperature), np.exp(negatives @ query / temperature).sum()
    return -np.log(positive / (positive + others))


def test_loss_is_the_papers() -> None:
    """Cell by cell, in plain loops; the views' maps differ in size."""
    q, k = embedding(1), embedding(2, h=2, w=4)
    objective = DenseCLObjective(channels=4, queue_length=6, temperature=0.3, dense_weight=0.7).double()
    terms = objective(q, k, None, None, None)
    vectors, means = objective.vectors.rows.numpy(), objective.means.rows.numpy()
    whole = [infonce(unit(q.vector[b], 0), unit(k.vector[b], 0), vectors, 0.3) for b in range(2)]
    cells = []
    for b in range(2):
        features, others = unit(q.feature[b].flatten(1), 0).T, unit(k.feature[b].flatten(1), 0).T
        queries, keys = unit(q.dense[b].flatten(1), 0).T, unit(k.dense[b].flatten(1), 0).T
        for feature, query in zip(features, queries):
            nearest = max(range(len(others)), key=lambda i: feature @ others[i])
            cells.append(infonce(query, keys[nearest], means, 0.3))
    assert terms['global'].item() == pytest.approx(0.3 * np.mean(whole), rel=1e-12)
    assert terms['dense'].item() == pytest.approx(0.7 * np.mean(cells), rel=1e-12)


def test_queues_get_the_vector_and_the_mean_of_the_cells() -> None:
    objective, k = DenseCLObjective(channels=4, queue_length=4).double(), embedding(3)
    objective.observe([k])
    np.testing.assert_allclose(objective.vectors.rows[:2], unit(k.vector, 1))
    np.testing.assert_allclose(objective.means.rows[:2], unit(np.asarray(k.dense).mean(axis=(2, 3)), 1))


def test_cells_match_themselves_whatever_their_length() -> None:
    feature = embedding(4, h=4, w=4).feature
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    shuffled = (feature.flatten(2)[:, :, order] * torch.rand(2, 1, 16, dtype=torch.float64)).unflatten(2, (4, 4))
    assert torch.equal(order[match(feature, shuffled)], torch.arange(16).expand(2, -1))


def test_warm_up_and_its_resumption() -> None:
    q, k, shares = embedding(1), embedding(2), []
    objective = DenseCLObjective(channels=4, queue_length=6, warmup_iters=2).double()
    for step in range(4):
        if step == 1:  # as after an interruption
            state = objective.state_dict()
            objective = DenseCLObjective(channels=4, queue_length=6, warmup_iters=2).double()
            objective.load_state_dict(state)
        alone = objective.vectors.contrast(directions(q.vector), directions(k.vector), 0.2)
        shares.append(1 - float(objective(q, k, None, None, None)['global'] / alone))
        objective.observe([k])
    assert shares == pytest.approx([0, 0, 0.5, 0.5])
    assert objective.vectors.pushed == objective.means.pushed == 8


def test_grid_averages_larger_maps_alone() -> None:
    torch.manual_seed(0)
    exact = DenseHead(in_channels=5, hidden_channels=6, out_channels=4)
    small = DenseHead(in_channels=5, hidden_channels=6, out_channels=4, grid=2)
    small.load_state_dict(exact.state_dict())
    feature = torch.randn(2, 5, 4, 6)
    averaged = feature.unflatten(2, (2, 2)).unflatten(4, (2, 3)).mean(dim=(3, 5))
    out = small(feature, None)
    torch.testing.assert_close(out.feature, averaged)
    torch.testing.assert_close(out.dense, exact(averaged, None).dense)
    torch.testing.assert_close(out.vector, exact(feature, None).vector)
    torch.testing.assert_close(small(feature[:, :, :2, :1], None).dense, exact(feature[:, :, :2, :1], None).dense)


BRANCH: dict[str, Any] = dict(
    head=dict(type='mmdecon.DenseHead', hidden_channels=12, out_channels=8, grid=4),
    objective=dict(type='mmdecon.DenseCLObjective', queue_length=16, warmup_iters=1),
    pairs=((0, 1),),
    weight=0.5,
)


def build() -> DeCon:
    torch.manual_seed(0)
    branches = dict(enc=dict(BRANCH, level='c5'), dec=dict(BRANCH, level='p2'))
    model = DeCon(network=tiny.network(), branches=branches, momentum=dict(schedule='constant', start=0.999))
    model.init_weights()
    model.clock = lambda: Clock(0, 10)
    return model.train()


def run(model: DeCon, steps: range) -> list[float]:
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05)
    losses = []
    for step in steps:
        loss = tiny.total(model.loss(tiny.views(seed=step)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def test_two_and_two_steps_are_four() -> None:
    wanted = run(build(), range(4))
    first = build()
    losses = run(first, range(2))
    second = build()
    second.load_state_dict(first.state_dict())
    assert losses + run(second, range(2, 4)) == wanted


def test_teacher_sees_the_second_view_alone() -> None:
    branch = build().branches.enc
    assert branch.views_needed == dict(student={0}, teacher={1})


def test_bfloat16_learns_the_same() -> None:
    batch = tiny.views(batch=8)
    wanted = build().loss(batch)
    model = build()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        outputs = model.loss(batch)
    for name in ('loss_enc', 'loss_dec'):
        assert outputs[name].dtype == torch.float32
        torch.testing.assert_close(outputs[name], wanted[name], rtol=0.03, atol=0)
    assert model.branches.dec.objective.means.rows.dtype == torch.float32


@pytest.mark.parametrize(
    'wrong', [dict(dense_weight=1.5), dict(temperature=0), dict(warmup_iters=-1), dict(queue_length=0)]
)
def test_bad_values_are_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f'{name}={wrong[name]}'):
        DenseCLObjective(channels=4, **wrong)


def test_a_bad_grid_is_named() -> None:
    with pytest.raises(ValueError, match='grid=0'):
        DenseHead(in_channels=4, grid=0)
