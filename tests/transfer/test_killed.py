"""A comparison that is killed and started again gives what one gives that was left alone, bit for bit."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from ..support.here import unequal
from .conftest import ROOT

RUNS = [f'runs/nuclei/{start}/4_labels/seed_0' for start in ('random', 'both')]
END = 16


def start(config: str, work: Path) -> subprocess.Popen:
    """Starts the tool in a session of its own."""
    words = [sys.executable, 'tools/transfer.py', config, '--work-dir', str(work)]
    environment = dict(os.environ, OMP_NUM_THREADS='1', MKL_NUM_THREADS='1')
    with open(f'{work}.log', 'ab') as log:
        return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


def finish(config: str, work: Path) -> str:
    """Runs the tool to its end and returns all that it has printed, in all starts."""
    assert start(config, work).wait(300) == 0, Path(f'{work}.log').read_text()
    return Path(f'{work}.log').read_text()


def wait_for(path: Path) -> None:
    """Waits until a file is there."""
    end = time.monotonic() + 300
    while not path.is_file():
        assert time.monotonic() < end, f'{path} was not written'
        time.sleep(0.05)


@pytest.mark.slow
def test_killed_twice(given: dict[str, Any], write: Any, tmp_path: Path) -> None:
    checkpoint = dict(checkpoint=given['starts']['both']['checkpoint'])
    options = {'train_cfg.max_iters': END, 'optim_wrapper.optimizer.lr': 0.03}
    protocol = dict(given['protocols']['nuclei'], options=options)
    changes = dict(starts=dict(random=dict(), both=checkpoint), protocols=dict(nuclei=protocol))
    config = write({**given, **changes, 'labels': [4], 'seeds': [0], 'rates': [0.03]})
    alone, killed = tmp_path / 'alone', tmp_path / 'killed'
    finish(config, alone)

    tool = start(config, killed)
    wait_for(killed / RUNS[0] / 'last_checkpoint')
    os.kill(tool.pid, signal.SIGKILL)  # the run that it has started goes on
    tool.wait()
    tool = start(config, killed)
    wait_for(killed / RUNS[1] / 'last_checkpoint')
    os.killpg(tool.pid, signal.SIGKILL)  # and now it does not
    tool.wait()
    assert (killed / RUNS[0] / 'result.json').is_file() and not (killed / RUNS[1] / 'result.json').exists()
    said = finish(config, killed)

    for run in RUNS:
        assert said.count(f'{run}: starts\n') == 1 and f'{run}: goes on from' in said
    assert (alone / 'transfer.json').read_bytes() == (killed / 'transfer.json').read_bytes()
    for run in RUNS:
        results = [json.loads((folder / run / 'result.json').read_text()) for folder in (alone, killed)]
        assert results[0] == results[1] and results[0]['evaluations'][-1]['step'] == END
        files = (folder / run / f'iter_{END}.pth' for folder in (alone, killed))
        assert not unequal(*(torch.load(file, weights_only=False)['state_dict'] for file in files))
    before = [(path, path.stat().st_mtime_ns) for path in sorted(killed.rglob('*.pth'))]
    finish(config, killed)  # nothing is done again
    assert before == [(path, path.stat().st_mtime_ns) for path in sorted(killed.rglob('*.pth'))]
