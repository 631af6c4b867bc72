"""Runs the tools as a user does, in another process or in this one, and reads the results."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest

from .fresh import run_scripts

ROOT = Path(__file__).parents[2]
CONFIG = 'tests/training/tiny.py'
IN_PROCESS = ('train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False')


def run(command: Sequence[str]) -> str:
    """Runs a command in the repository's root, in a new interpreter, and returns what it printed; fails loudly."""
    environment = dict(os.environ, OMP_NUM_THREADS='1', MKL_NUM_THREADS='1')
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def run_script(*words: object, processes: int = 1) -> str:
    """Runs a Python script in a new process, or several as torchrun does; else as :func:`run`."""
    with TemporaryDirectory() as folder:
        output = Path(folder, 'output')
        code = run_scripts([[*map(str, words)]] * processes, output)
        assert code == 0, output.read_text()[-6000:]
        return output.read_text()


def train(work_dir: Path, *options: str, config: str = CONFIG) -> str:
    """Our own tool, in a new process."""
    return run_script('tools/train.py', config, '--work-dir', work_dir, *options)


def run_here(monkeypatch: pytest.MonkeyPatch, tool: str, *arguments: object) -> None:
    """Runs ``tools/<tool>.py`` in this process, with ``--cfg-options`` last; a unique name gives it its own log."""
    monkeypatch.setattr(sys, 'argv', [f'{tool}.py', *map(str, arguments), f'experiment_name={uuid4()}'])
    runpy.run_path(str(ROOT / f'tools/{tool}.py'), run_name='__main__')


def refusal(monkeypatch: pytest.MonkeyPatch, work_dir: Path, config: str, *options: str) -> str:
    """Runs ``tools/train.py``, which must refuse before any training; returns its one sentence."""
    with pytest.raises(SystemExit) as end:
        run_here(monkeypatch, 'train', config, '--work-dir', work_dir, '--cfg-options', *IN_PROCESS, *options)
    assert isinstance(end.value.code, str) and '\n' not in end.value.code
    assert not list(work_dir.glob('*.pth')) and not list(work_dir.glob('*/vis_data/scalars.json'))
    return end.value.code


def losses(work_dir: Path) -> list[dict[str, Any]]:
    """What was logged of each iteration: all losses, terms and figures, without times."""
    files = sorted(work_dir.glob('*/vis_data/scalars.json'))
    assert len(files) == 1, f'{files} under {work_dir}'
    rows = [json.loads(line) for line in files[0].read_text().splitlines()]
    skipped = ('time', 'data_time', 'memory', 'images_per_s')
    return [{key: value for key, value in row.items() if key not in skipped} for row in rows]
