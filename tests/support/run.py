"""A tool in this process, which has imported already."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]


def run_tool(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    """``tools/benchmark.py``; the number of threads, which it sets, is put back."""
    monkeypatch.setattr(sys, 'argv', ['benchmark.py', *map(str, arguments)])
    threads = torch.get_num_threads()
    try:
        runpy.run_path(str(ROOT / 'tools/benchmark.py'), run_name='__main__')
    finally:
        torch.set_num_threads(threads)
