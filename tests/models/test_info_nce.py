"""Log-sum-exp by parts against explicit logits, and objectives that part their logits against those that do not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from mmdecon.models import DenseCLObjective, DetConObjective, SlotConObjective, VectorContrast
from mmdecon.models.heads.dense_head import DenseEmbedding
from mmdecon.models.heads.region_head import RegionEmbedding
from mmdecon.models.heads.slot_head import SlotEmbedding
from mmdecon.models.objectives.info_nce import log_sum_exp, paired
from mmdecon.models.objectives.queue import Queue

N, A, D = 9, 11, 4
PARTS = [1, 10, 11, 25, 33, N * A, 2**25]


def draw(*shape: int, seed: int = 0, **kwargs: Any) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.double).to(**kwargs).requires_grad_()


def mask() -> torch.Tensor:
    """Which keys count for which query; the key of the same number always does."""
    return (torch.rand(N, A, generator=torch.Generator().manual_seed(3)) < 0.6) | torch.eye(N, A, dtype=torch.bool)


@pytest.mark.parametrize('pairs_at_once', PARTS)
@pytest.mark.parametrize('masked', [False, True])
def test_equals_cross_entropy(pairs_at_once: int, masked: bool) -> None:
    inputs, others = ([draw(N, D, seed=1), draw(A, D, seed=2)] for _ in range(2))
    allowed, weights = mask() if masked else torch.ones(N, A, dtype=torch.bool), draw(N, seed=4).detach()
    logits = (others[0] @ others[1].T).masked_fill(~allowed, -torch.inf)
    wanted = F.cross_entropy(logits, torch.arange(N), reduction='none')
    sums = log_sum_exp(*inputs, pairs_at_once, (lambda rows: allowed[rows]) if masked else None)
    losses = sums - paired(inputs[0], inputs[1][:N])
    torch.testing.assert_close(losses, wanted, rtol=1e-10, atol=1e-12)
    for x in (losses, wanted):
        (x * weights).sum().backward()
    for ours, theirs in zip(inputs, others):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-10, atol=1e-12)


def test_equals_numpy_where_exponentials_overflow() -> None:
    q, k = (400 * draw(count, D, seed=count).detach() for count in (N, A))
    wanted = np.logaddexp.reduce(q.numpy() @ k.numpy().T, axis=1)
    np.testing.assert_allclose(log_sum_exp(q, k, 20).numpy(), wanted, rtol=1e-12)
    np.testing.assert_allclose(log_sum_exp(q.float(), k.float(), 20).numpy(), wanted, rtol=1e-5)


@pytest.mark.parametrize('pairs_at_once', [1, 2**25])
def test_a_query_without_keys_has_no_gradient(pairs_at_once: int) -> None:
    q, k = draw(N, D, seed=1), draw(A, D, seed=2)
    allowed = mask()
    allowed[2] = False
    sums = log_sum_exp(q, k, pairs_at_once, lambda rows: allowed[rows])
    assert sums[2] == torch.finfo(torch.double).min
    sums.sum().backward()
    others = [x.detach().clone().requires_grad_() for x in (q, k)]
    rest = (others[0] @ others[1].T).masked_fill(~allowed, -torch.inf)[torch.arange(N) != 2]
    rest.logsumexp(dim=1).sum().backward()
    for ours, theirs in zip((q, k), others):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-10, atol=1e-12)
    assert not q.grad[2].any()


def test_no_queries() -> None:
    q, k = draw(0, D), draw(A, D)
    sums = log_sum_exp(q, k)
    sums.sum().backward()
    assert sums.shape == (0,) and q.grad.shape == (0, D) and not k.grad.any()


@pytest.mark.parametrize('pairs_at_once', [25, 2**25])
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_full_precision_under_autocast(pairs_at_once: int, dtype: torch.dtype) -> None:
    inputs, others = ([draw(N, D, seed=1, dtype=dtype), draw(A, D, seed=2, dtype=dtype)] for _ in range(2))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        sums = log_sum_exp(*inputs, pairs_at_once)
        sums.sum().backward()
    wanted = (others[0].float() @ others[1].float().T).logsumexp(dim=1)
    wanted.sum().backward()
    assert sums.dtype == torch.float32
    torch.testing.assert_close(sums, wanted, rtol=1e-6, atol=1e-6)
    tolerance = dict(rtol=1e-6, atol=1e-6) if dtype == torch.float32 else dict(rtol=0.01, atol=0.001)
    for ours, theirs in zip(inputs, others):
        assert ours.grad.dtype == dtype
        torch.testing.assert_close(ours.grad, theirs.grad, **tolerance)


def test_there_is_no_second_derivative() -> None:
    q, k = draw(N, D), draw(A, D)
    (gradient,) = torch.autograd.grad(log_sum_exp(q, k).square().sum(), q, create_graph=True)
    with pytest.raises(RuntimeError, match='once_differentiable'):
        gradient.sum().backward()


class Largest(TorchDispatchMode):
    """Notes how many elements the largest tensor made within has."""

    elements = 0

    def __torch_dispatch__(self, func: Callable, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        made = [x.numel() for x in tree_flatten(result)[0] if isinstance(x, torch.Tensor)]
        self.elements = max(self.elements, *made, 0)
        return result


@pytest.mark.parametrize(('pairs_at_once', 'largest'), [(2**14, 2**14), (2**25, 64 * 4096)])
def test_no_tensor_of_all_logits_is_made(pairs_at_once: int, largest: int) -> None:
    q, k = draw(64, 2), draw(4096, 2)
    with Largest() as made:
        log_sum_exp(q, k, pairs_at_once, lambda rows: torch.ones(len(q[rows]), 4096, dtype=torch.bool)).sum().backward()
    assert made.elements == largest


def vectors() -> list[torch.Tensor]:
    return [draw(5, D, seed=i + 1) for i in range(3)]


def maps() -> list[DenseEmbedding]:
    return [DenseEmbedding(draw(3, D, seed=i), draw(3, D, 2, 2, seed=i + 5), draw(3, 6, 2, 2, seed=i)) for i in (0, 1)]


def regions() -> list[RegionEmbedding]:
    ids = torch.tensor([[[0, 1, 1, 2], [3, 3, 4, -1]], [[1, 1, 0, 5], [-1, -1, -1, -1]], [[0, 1, 1, 2], [3, 3, 4, -1]]])
    return [RegionEmbedding(draw(2, 4, D, seed=i), x) for i, x in enumerate(ids)]


def slots() -> list[SlotEmbedding]:
    active = torch.rand(2, 3, 6, generator=torch.Generator().manual_seed(0)) < 0.7
    return [SlotEmbedding(draw(1), draw(1), draw(3, 6, D, seed=i), which) for i, which in enumerate(active)]


CASES: dict[str, Any] = dict(
    moco=(VectorContrast, dict(queue_length=7), vectors),
    simclr=(VectorContrast, dict(queue_length=0), vectors),
    densecl=(DenseCLObjective, dict(queue_length=7), maps),
    detcon_b=(DetConObjective, dict(hidden_channels=8), regions),
    detcon_s=(DetConObjective, dict(predictor=False), regions),
    detcon_far=(DetConObjective, dict(predictor=False, local_negatives=False, negatives_divisor=2), regions),
    slotcon=(SlotConObjective, dict(hidden_channels=8, num_slots=6), slots),
)


def run(name: str, pairs_at_once: int) -> list[torch.Tensor]:
    """The loss of an objective, and its gradients to embeddings and parameters."""
    kind, options, make = CASES[name]
    torch.manual_seed(0)
    objective, (q, k, *own) = kind(D, pairs_at_once=pairs_at_once, **options).double(), make()
    if name == 'slotcon':
        loss = objective._contrast(q, k)
    else:
        loss = sum(objective(q, k, own[0] if own else None, None, None).values())
    inputs = [x for x in tree_flatten([q, k, own])[0] if isinstance(x, torch.Tensor) and x.requires_grad]
    loss.backward()
    return [loss, *(x.grad for x in (*inputs, *objective.parameters()) if x.grad is not None)]


@pytest.mark.parametrize('pairs_at_once', [1, 16, 40])
@pytest.mark.parametrize('name', list(CASES))
def test_objectives_do_not_depend_on_it(name: str, pairs_at_once: int) -> None:
    wanted, parted = run(name, 2**25), run(name, pairs_at_once)
    assert len(parted) == len(wanted) > 1 and all(x.any() for x in wanted[:2])
    for ours, whole in zip(parted, wanted):
        torch.testing.assert_close(ours, whole, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize('make', [Queue, VectorContrast, DenseCLObjective, DetConObjective])
def test_bad_values_are_named(make: Callable) -> None:
    with pytest.raises(ValueError, match='pairs_at_once=0 must be at least 1'):
        make(4, **(dict(length=3) if make is Queue else {}), pairs_at_once=0)
    with pytest.raises(ValueError, match='SlotConObjective: pairs_at_once=0'):
        SlotConObjective(4, 6, pairs_at_once=0)
