"""Curves of runs, from files as mmengine writes them."""

import json
import runpy
import sys
from pathlib import Path

import mmcv
import numpy as np
import pytest

from mmdecon.visualization.canvas import ORANGE, SKY
from mmdecon.visualization.runs import PANEL, draw_runs
from tests.support import commands

ROOT = Path(__file__).parents[2]


def make_run(folder: Path, branches: tuple = ('enc', 'dec_p2')) -> Path:
    """A work directory with 20 logged steps."""
    records = [
        dict(
            step=step,
            loss=9.0,
            **{f'loss_{b}': 5.0 - step / 10 for b in branches},
            **{f'{b}/std': 0.9 for b in branches},
        )
        for step in range(20)
    ]
    file = folder / '20260101_000000' / 'vis_data' / 'scalars.json'
    file.parent.mkdir(parents=True)
    file.write_text('\n'.join(map(json.dumps, records)))
    return folder


def has(picture: np.ndarray, colour: tuple) -> bool:
    """Tells whether a colour occurs."""
    return bool((picture == np.array(colour, np.uint8)).all(axis=2).any())


def test_panels_of_a_run_and_a_curve_a_branch(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name) for name in ('one', 'two', 'three')]
    picture = draw_runs(runs, per_row=2)
    assert picture.shape == (2 * PANEL[0], 6 * PANEL[1], 3) and picture.dtype == np.uint8
    assert has(picture, ORANGE) and has(picture, SKY)
    assert (picture[PANEL[0] :, 3 * PANEL[1] :] == 255).all()  # where a fourth run would be
    alone = draw_runs([make_run(tmp_path / 'alone', ('enc',))])
    assert has(alone, ORANGE) and not has(alone, SKY)


def test_the_last_start_counts(tmp_path: Path) -> None:
    run = make_run(tmp_path / 'run')
    before = draw_runs([run])
    later = run / '20260102_000000' / 'vis_data' / 'scalars.json'
    later.parent.mkdir(parents=True)
    later.write_text('\n'.join(json.dumps({'step': i, 'loss_enc': float(i), 'enc/std': 0.1}) for i in range(5)))
    assert not np.array_equal(draw_runs([run]), before)


def test_folders_that_are_not_runs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='give the work directory of a run'):
        draw_runs([tmp_path])
    other = make_run(tmp_path / 'other', ())
    with pytest.raises(ValueError, match='logged no loss_<branch>'):
        draw_runs([other])


def test_the_tool(tmp_path: Path) -> None:
    run = make_run(tmp_path / 'run')
    words = ('tools/visualize.py', 'curves', tmp_path / 'out.png')
    commands.run_script(*words, run)
    assert mmcv.imread(str(tmp_path / 'out.png')).shape == (PANEL[0], 3 * PANEL[1], 3)
    with pytest.raises(AssertionError, match='give the work directory of a run'):
        commands.run_script(*words, tmp_path / 'nothing')


@pytest.mark.parametrize(
    'out, options, words',
    [
        ('out.xyz', [], r'OUT \S*out\.xyz ends in no kind of picture that can be written; name it \.png'),
        ('out', [], r'OUT \S*out ends in no kind of picture'),
        ('out.png', ['--per-row', '0'], '--per-row 0: give how many'),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path: Path, monkeypatch, out, options, words) -> None:
    run = make_run(tmp_path / 'run')
    monkeypatch.setattr(sys, 'argv', ['visualize.py', 'curves', str(tmp_path / out), str(run), *options])
    with pytest.raises(SystemExit, match=f'^error: {words}'):
        runpy.run_path(str(ROOT / 'tools' / 'visualize.py'), run_name='__main__')
    assert [path.name for path in tmp_path.iterdir()] == ['run']


def test_runs_of_one_name_are_both_drawn(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / folder / 'mine', branches) for folder, branches in (('a', ('enc',)), ('b', ('dec',)))]
    assert draw_runs(runs).shape == (PANEL[0], 4 * PANEL[1], 3)
