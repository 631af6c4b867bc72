"""Tables over seeds, from logs as mmengine writes them, beside NumPy."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mmdecon.spreads import Spread, spread
from projects.seeds import last_values, main

VALUES = [35.1, 33.7, 38.2]


def log(run: Path, value: float, step: int = 100) -> None:
    """A run that measured twice, and an earlier start of it that measured something else."""
    for stamp, end in (('20260101_000000', 1.0), ('20260102_000000', value)):
        folder = run / stamp / 'vis_data'
        folder.mkdir(parents=True)
        rows = [dict(loss=0.5, step=10), dict(mIoU=end / 2, time=0.1, step=step // 2), dict(mIoU=end, step=step)]
        (folder / 'scalars.json').write_text('\n'.join(map(json.dumps, rows)))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed, value in enumerate(VALUES):
        log(tmp_path / 'xnet' / f'seed_{seed}', value)
    return tmp_path / 'xnet'


def test_the_interval_is_that_of_students_t(runs: Path) -> None:
    found = spread(last_values(runs, 'mIoU'))
    assert found.mean == pytest.approx(np.mean(VALUES)) and found.n == 3
    assert found.half == pytest.approx(4.302653 * np.std(VALUES, ddof=1) / np.sqrt(3), rel=1e-4)
    low, high = stats.t.interval(0.95, 2, np.mean(VALUES), stats.sem(VALUES))
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high), rel=1e-4)


def test_one_seed_has_no_interval() -> None:
    found = spread([2.0])
    assert (found.mean, found.n) == (2.0, 1) and math.isnan(found.half)
    assert found.show(digits=2) == '2.00' and Spread(2.0, 0.125, 1.0, 3.0, 3).show(digits=2) == '2.00 ± 0.12'


def test_the_table(runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, 'argv', ['seeds', str(runs), '--metrics', 'mIoU', '--digits', '2'])
    main()
    assert capsys.readouterr().out.splitlines()[-1] == '| xnet | 3 | 35.67 ± 5.72 |'


def test_what_does_not_belong_together_is_refused(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='has not measured rmse, but has logged loss, mIoU, time'):
        last_values(runs, 'rmse')
    with pytest.raises(FileNotFoundError, match='holds no work directories'):
        last_values(tmp_path / 'nothing', 'mIoU')
    log(runs / 'seed_3', 36.0, step=50)
    with pytest.raises(ValueError, match=r'after \[50, 100\] steps'):
        last_values(runs, 'mIoU')
