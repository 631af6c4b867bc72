"""Memory given back: the same numbers, and less of it held."""

import ctypes
from types import SimpleNamespace

import pytest
import torch

from mmdecon.engine import TrimHeap
from tests.support import all_objectives


def losses(trims: bool) -> list:
    model = all_objectives.build('SlotCon')
    if trims:
        TrimHeap().before_train(SimpleNamespace(model=model))
    optimiser, values = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05), []
    for step in range(2):
        torch.manual_seed(step)
        loss, _ = model.parse_losses(model(views=all_objectives.views(), mode='loss'))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        values.append(loss.item())
    return values


def test_same_numbers_and_called_in_both_passes(monkeypatch) -> None:
    calls, give_back = [], TrimHeap._give_back
    monkeypatch.setattr(TrimHeap, '_give_back', lambda self, *a: calls.append(type(a[0]).__name__) or give_back(self))
    assert losses(trims=True) == losses(trims=False)
    assert calls.count('DeCon') == 2 and {'Branch', 'PointwiseMLP'} <= set(calls)


def test_free_memory_goes_back_to_the_system() -> None:
    def resident() -> int:
        with open('/proc/self/statm') as file:
            return int(file.read().split()[1])

    held = [bytearray(64 * 1024) for _ in range(4000)]  # 250 MB, too small pieces to be given back by themselves
    last, full = held.pop(), resident()
    del held
    TrimHeap()._give_back()
    assert len(last) and full - resident() > 100 * 2**20 // 4096


def test_other_libraries_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(ctypes, 'CDLL', lambda name: SimpleNamespace())
    with pytest.raises(OSError, match='malloc_trim'):
        TrimHeap()
