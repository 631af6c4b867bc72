"""The queue against a list, and its loss against NumPy."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmdecon.models.objectives.queue import Queue, directions


def keys(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, 4, generator=generator, dtype=torch.float64), dim=1)


@pytest.mark.parametrize(
    'length, batches', [(6, [4, 4, 4]), (5, [3, 3, 3, 3]), (4, [3, 9, 2]), (3, [3, 7]), (1, [2, 1])]
)
def test_holds_the_last_keys_in_the_places_of_the_oldest(length: int, batches: list[int]) -> None:
    queue = Queue(4, length).double()
    wanted, place = queue.rows.clone(), 0
    for seed, batch in enumerate(batches):
        queue.push(keys(batch, seed))
        for key in keys(batch, seed):
            wanted[place % length] = key
            place += 1
        torch.testing.assert_close(queue.rows, wanted, rtol=0, atol=0)
        assert float(queue.fill) == pytest.approx(min(1, place / length))


def test_starts_with_directions() -> None:
    torch.manual_seed(0)
    queue = Queue(4, 100)
    torch.testing.assert_close(queue.rows.norm(dim=1), torch.ones(100))
    assert queue.rows.mean(dim=0).abs().max() < 0.2
    assert float(queue.fill) == 0


def test_contrast_is_infonce() -> None:
    queue, q, k = Queue(4, 7).double(), keys(5, 1).requires_grad_(), keys(5, 2)
    loss = queue.contrast(q, k, temperature=0.2)
    a, b, c = (x.detach().numpy() for x in (q, k, queue.rows))
    positive, negative = np.exp((a * b).sum(1) / 0.2), np.exp(a @ c.T / 0.2).sum(1)
    assert loss.item() == pytest.approx(-np.log(positive / (positive + negative)).mean(), rel=1e-12)


def test_pushing_before_the_backward_pass_changes_no_gradient() -> None:
    gradients = []
    for pushes in (False, True):
        torch.manual_seed(0)
        queue, q = Queue(4, 7).double(), keys(5, 1).requires_grad_()
        loss = queue.contrast(q, keys(5, 2), 0.2)
        if pushes:
            queue.push(keys(5, 3))
        loss.backward()
        gradients.append(q.grad)
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


def test_autocast_does_not_touch_the_logits() -> None:
    queue, q, k = Queue(4, 7), keys(5, 1).float(), keys(5, 2).float()
    wanted = queue.contrast(q, k, 0.07)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        torch.testing.assert_close(queue.contrast(q, k, 0.07), wanted, rtol=0, atol=0)
        half = directions(torch.randn(3, 4, 2, dtype=torch.bfloat16))
    assert half.dtype == torch.float32
    torch.testing.assert_close(half.norm(dim=1), torch.ones(3, 2))


def test_no_queue_is_refused() -> None:
    with pytest.raises(ValueError, match='queue_length=0'):
        Queue(4, 0)
