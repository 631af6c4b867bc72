"""Contrast and prediction of whole images against NumPy; the branches that configs offer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmdecon.models import DeCon, VectorContrast, VectorHead, VectorPrediction
from mmdecon.schedules import Clock
from tests.support import tiny

BRANCHES = Path(__file__).parents[2] / 'configs/_base_/branches'


def vectors(seed: int, batch: int = 3) -> torch.Tensor:
    return torch.randn(batch, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def unit(x: torch.Tensor) -> np.ndarray:
    x = x.detach().numpy()
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def nt_xent(a: np.ndarray, b: np.ndarray, temperature: float) -> float:
    """SimCLR's loss of N pairs in plain loops."""
    z, n, losses = np.concatenate([a, b]), len(a), []
    for i in range(2 * n):
        others = [np.exp(z[i] @ z[j] / temperature) for j in range(2 * n) if j != i]
        losses.append(-np.log(np.exp(z[i] @ z[(i + n) % (2 * n)] / temperature) / sum(others)))
    return np.mean(losses)


def test_without_a_queue_it_is_nt_xent_of_both_pairs() -> None:
    objective, a, b = VectorContrast(4, queue_length=0, temperature=0.3), vectors(1), vectors(2)
    pairs = objective(a, b, a, None, None), objective(b, a, b, None, None)
    assert objective.needs_own
    mean = sum(terms['contrast'].item() for terms in pairs) / 2
    assert mean == pytest.approx(nt_xent(unit(a), unit(b), 0.3), rel=1e-12)


def test_gradients_flow_into_the_keys_of_a_shared_twin_alone() -> None:
    objective, a, b = VectorContrast(4, queue_length=0), vectors(1).requires_grad_(), vectors(2).requires_grad_()
    objective(a, b, a.detach(), None, None)['contrast'].backward()
    assert a.grad.any() and b.grad.any()
    teacher = vectors(2)
    objective(a, teacher, a.detach(), None, None)['contrast'].backward()
    assert teacher.grad is None


def test_with_a_queue_it_is_moco() -> None:
    objective, q, k = VectorContrast(4, queue_length=5, temperature=0.3).double(), vectors(1), vectors(2)
    negatives = objective.queue.rows.numpy()
    positive = np.exp((unit(q) * unit(k)).sum(1) / 0.3)
    others = np.exp(unit(q) @ negatives.T / 0.3).sum(1)
    loss = objective(q, k, None, None, None)['contrast']
    assert loss.item() == pytest.approx(-np.log(positive / (positive + others)).mean(), rel=1e-12)
    objective.observe([k])
    np.testing.assert_allclose(objective.queue.rows[:3], unit(k))
    assert float(objective.health(q)['queue_fill']) == pytest.approx(0.6)
    assert not objective.needs_own


def test_prediction_is_byol() -> None:
    torch.manual_seed(0)
    objective, q, k = VectorPrediction(4, hidden_channels=6, norm_cfg=None).double(), vectors(1), vectors(2)
    k.requires_grad_()
    (first, _), last = objective.predictor.layers[0], objective.predictor.layers[1]
    weights = [p.detach().numpy().reshape(len(p), -1) for p in (first.weight, first.bias, last.weight, last.bias)]
    hidden = np.maximum(q.numpy() @ weights[0].T + weights[1].T, 0)
    predicted = hidden @ weights[2].T + weights[3].T
    predicted = predicted / np.linalg.norm(predicted, axis=1, keepdims=True)
    loss = objective(q, k, None, None, None)['distance']
    assert loss.item() == pytest.approx(((predicted - unit(k)) ** 2).sum(1).mean(), rel=1e-12)
    loss.backward()
    assert k.grad is None


def test_head_projects_the_mean() -> None:
    torch.manual_seed(0)
    head, feature = VectorHead(in_channels=5, hidden_channels=6, out_channels=4), torch.randn(2, 5, 3, 2)
    same = feature.mean(dim=(2, 3), keepdim=True).expand(-1, -1, 3, 2)
    torch.testing.assert_close(head(feature, None), head(same, None))
    assert head(feature, None).shape == (2, 4)


@pytest.mark.parametrize('name', ['moco', 'simclr', 'byol'])
def test_branches_that_configs_offer_train(name: str) -> None:
    cfg = Config.fromfile(BRANCHES / f'{name}.py')
    shared = cfg.branch.get('shared', False)
    torch.manual_seed(0)
    branches = dict(enc=dict(cfg.branch, level='c5'), dec=dict(cfg.branch, level='p2'))
    model = DeCon(network=tiny.network(), branches=branches, momentum=cfg.get('momentum'), shared=shared).train()
    model.init_weights()
    model.clock = lambda: Clock(1, 10)
    batch = tiny.views()
    tiny.total(model.loss(batch)).backward()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert model.loss(batch)['loss_enc'].dtype == torch.float32
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters() if p.requires_grad)
    assert any(p.grad.any() for p in model.branches.enc.head.student.parameters())


@pytest.mark.parametrize('wrong', [dict(queue_length=-1), dict(temperature=0.0)])
def test_bad_values_are_named(wrong: dict) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f'{name}={wrong[name]}'):
        VectorContrast(channels=4, **wrong)


def test_a_last_norm_must_be_named() -> None:
    with pytest.raises(ValueError, match='norm_cfg=None'):
        VectorHead(in_channels=4, last_norm=True)
