"""The benchmark in this process, which has imported already."""

import runpy
import sys

import pytest
import torch


def run_benchmark(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    """``python -m benchmarks``; the number of threads, which it sets, is put back."""
    monkeypatch.setattr(sys, 'argv', ['benchmarks', *map(str, arguments)])
    threads = torch.get_num_threads()
    try:
        runpy.run_module('benchmarks', run_name='__main__')
    finally:
        torch.set_num_threads(threads)
