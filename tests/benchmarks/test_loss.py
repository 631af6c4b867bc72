"""Parts of the logits need less memory than all, and the tool tells so."""

import json
from pathlib import Path

import pytest

from benchmarks.loss import LossCost, combine, draw
from tests.support.benchmark import run_benchmark

ROOT = Path(__file__).parents[2]
BRANCHES = ROOT / 'configs/_base_/branches'
LOGITS = 16 * 49 * 2**15 * 4 / 2**20  # MiB of 16 images of 7 x 7 cells against 32768 negatives, in float32


def test_combinations() -> None:
    branches = [str(BRANCHES / name) for name in ('moco.py', 'simclr.py')]
    settings = combine(branches, [2, 4], [7], [10, 20], [1, 2], pairs_at_once=5)
    of_moco, of_simclr = ([s for s in settings if s.branch == branch] for branch in branches)
    assert len(of_moco) == 8 and {s.queue for s in of_moco} == {10, 20}
    assert [(s.batch, s.queue, s.processes) for s in of_simclr] == [
        (2, None, 1),
        (2, None, 2),
        (4, None, 1),
        (4, None, 2),
    ]
    assert {s.pairs_at_once for s in settings} == {5}


def test_parts_need_less_memory_in_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    out, plot = tmp_path / 'costs.json', tmp_path / 'costs.png'
    options = [
        '--batch',
        16,
        '--queue',
        2**15,
        '--pairs-at-once',
        2**18,
        '--processes',
        2,
        '--turns',
        1,
        '--threads',
        1,
    ]
    run_benchmark(monkeypatch, 'loss', BRANCHES / 'densecl.py', *options, '--json', out, '--plot', plot)
    (cost,) = json.loads(out.read_text())['costs']
    assert '| densecl | 16 | 7x7 | 32768 | 2 | ' in capsys.readouterr().out and plot.is_file()
    assert cost['seconds'] > 0 and cost['ratio'] > 0
    assert cost['memory_whole'] > LOGITS and 0 < cost['memory'] < 0.5 * LOGITS


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'empty.py').write_text('model = dict()')
    for name, message in (('nowhere.py', 'there is no config file'), (str(tmp_path / 'empty.py'), 'has no branch')):
        with pytest.raises(SystemExit, match=message):
            run_benchmark(monkeypatch, 'loss', name)
    for option, message in (('--plot', 'ends in no kind of picture'), ('--json', 'is a folder')):
        with pytest.raises(SystemExit, match=f'^error: {option} .*{message}'):
            run_benchmark(monkeypatch, 'loss', BRANCHES / 'densecl.py', option, tmp_path)


def test_the_picture_has_a_panel_for_each_branch() -> None:
    measured = dict(cells=7, processes=1, pairs_at_once=9, seconds=0.1, ratio=1.0, memory=9.0, memory_whole=90.0)
    costs = [LossCost(branch='a.py', batch=2, queue=queue, **measured) for queue in (10, 20)]
    costs += [LossCost(branch='b.py', batch=batch, queue=None, **measured) for batch in (2, 4)]
    assert draw(costs).shape == (320, 840, 3) and draw(costs[:2]).shape == (320, 420, 3)
