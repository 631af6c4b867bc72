"""Runs ``tools/train.py`` in the test's own process, and reads what a run left."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import torch

from .commands import CONFIG, ROOT

ALONE = ('train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False')


def train(work_dir: Path, *arguments: str, options: tuple[str, ...] = (), config: str = CONFIG) -> None:
    """Trains as the command line would.

    Args:
        work_dir: The work folder.
        arguments: Such as ``'--resume'``.
        options: Of ``--cfg-options``.
        config: Path below the repository's root.
    """
    name = f'experiment_name={uuid4()}'  # mmengine would give runs of the same second one name, and one logger
    command = ['train.py', str(ROOT / config), '--work-dir', str(work_dir), *arguments, '--cfg-options', name]
    with patch.object(sys, 'argv', [*command, *options]):
        runpy.run_path(str(ROOT / 'tools/train.py'), run_name='__main__')


def checkpoint(path: Path) -> dict[str, Any]:
    """Reads a checkpoint."""
    return torch.load(path, map_location='cpu', weights_only=True)


def rows(work_dir: Path) -> list[dict[str, Any]]:
    """What the last run in a folder logged of each iteration."""
    lines = max(work_dir.glob('*/vis_data/scalars.json')).read_text().splitlines()
    return [json.loads(line) for line in lines]


def said(work_dir: Path) -> str:
    """The text log of the last run in a folder."""
    return max(work_dir.glob('*/*.log')).read_text()


def unequal(a: Any, b: Any, where: str = '') -> list[str]:
    """Where two nested containers differ, bit for bit."""
    if isinstance(a, torch.Tensor):
        return [] if torch.equal(a, b) else [where]
    if isinstance(a, dict):
        found = [f'{where}.{key}' for key in a.keys() ^ b.keys()]
        return found + [place for key in a.keys() & b.keys() for place in unequal(a[key], b[key], f'{where}.{key}')]
    if isinstance(a, (list, tuple)):
        found = [f'{where}: lengths'] * (len(a) != len(b))
        return found + [place for i, (x, y) in enumerate(zip(a, b)) for place in unequal(x, y, f'{where}.{i}')]
    return [] if a == b else [where]
