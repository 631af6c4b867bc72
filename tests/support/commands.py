"""Runs training commands as a user does, each in a process of its own, and reads what they left."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONFIG = 'tests/training/tiny.py'


def run(command: Sequence[str]) -> str:
    """Runs a command in the repository's root and returns what it printed; fails loudly."""
    environment = dict(os.environ, OMP_NUM_THREADS='1', MKL_NUM_THREADS='1')
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def train(work_dir: Path, *options: str, config: str = CONFIG) -> str:
    """Our own tool."""
    return run([sys.executable, 'tools/train.py', config, '--work-dir', str(work_dir), *options])


def losses(work_dir: Path) -> list[dict[str, Any]]:
    """What was logged of each iteration: all losses, terms and figures, without times."""
    files = sorted(work_dir.glob('*/vis_data/scalars.json'))
    assert len(files) == 1, f'{files} under {work_dir}'
    rows = [json.loads(line) for line in files[0].read_text().splitlines()]
    skipped = ('time', 'data_time', 'memory', 'images_per_s')
    return [{key: value for key, value in row.items() if key not in skipped} for row in rows]
