"""Processes that start quickly, where nobody reads their figures."""

import multiprocessing

import pytest
import torch

from benchmarks import crew


@pytest.fixture(autouse=True)
def quick_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has benchmarks' processes forked from one that has imported everything: their figures are nobody's here."""
    if not torch.cuda.is_available() and 'forkserver' in multiprocessing.get_all_start_methods():
        monkeypatch.setattr(crew, 'START_METHOD', 'forkserver')
        modules = ['benchmarks.step_process', 'benchmarks.loss_process']
        multiprocessing.get_context('forkserver').set_forkserver_preload(modules)
