"""Tables and pictures tell what the scores are, beside scipy."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mmdecon.transfer.pictures import draw_bars, draw_label_curves
from mmdecon.transfer.settings import Protocol, Settings, Start
from mmdecon.transfer.table import difference_table, pairs, report, score_table
from mmdecon.visualization.canvas import ORANGE, SKY

SCORES = {('a', 8): [10.0, 14.0, 12.0], ('b', 8): [13.0, 16.0, 15.5], ('a', 0): [40.0, 41.0], ('b', 0): [39.0, 42.0]}
ROWS = [
    dict(protocol='p', start=start, labels=labels, seed=seed, score=score)
    for (start, labels), scores in SCORES.items()
    for seed, score in enumerate(scores)
]


def settings(rule: str = 'greater', **changes) -> Settings:
    starts = {name: Start(name) for name in 'ab'}
    protocols = dict(p=Protocol('p', 'config.py', 'foreground_mIoU', rule))
    return Settings(Path('work'), starts, protocols, labels=[8, 'all'], seeds=[0, 1, 2], **changes)


def cells(text: str) -> list[list[str]]:
    """The rows of a table below its head."""
    return [[cell.strip() for cell in line.split('|')[1:-1]] for line in text.splitlines()[2:]]


def test_means_and_intervals():
    few, every = cells(score_table(settings(), ROWS))
    values = SCORES['a', 8]
    half = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))[1] - np.mean(values)
    assert few[:5] == ['p', 'foreground_mIoU', '8', '3', f'12.0 ± {half:.1f}']
    assert every[2:4] == ['all', '2']


def test_differences_are_those_of_one_seed():
    few, every = cells(difference_table(settings(), ROWS))
    difference = np.subtract(SCORES['b', 8], SCORES['a', 8])
    half = stats.t.ppf(0.975, 2) * stats.sem(difference)
    assert few[3:] == ['b', 'a', f'{difference.mean():+.1f} ± {half:.1f}', '3 of 3'] and every[-1] == '1 of 2'
    assert half < stats.t.ppf(0.975, 2) * stats.sem(SCORES['a', 8])
    assert cells(difference_table(settings('less'), ROWS))[0][-1] == '0 of 3'


def test_each_two_starts_are_compared_once():
    assert pairs(settings()) == [('a', 'b')] == pairs(settings(baselines=['a', 'b']))
    assert pairs(settings(baselines=['b'])) == [('b', 'a')]


def test_shares_have_three_digits():
    rows = [dict(row, score=row['score'] / 100) for row in ROWS]
    assert cells(score_table(settings(), rows))[0][4].startswith('0.120 ± ')


def test_unfinished_comparisons_have_tables_and_pictures():
    rows = [row for row in ROWS if row['start'] == 'a']
    assert cells(score_table(settings(), rows))[0][-1] == '' and cells(difference_table(settings(), rows)) == []
    assert 'Learning rates' not in report(settings(), rows, [])
    assert draw_bars(settings(), rows).ndim == draw_label_curves(settings(), rows).ndim == 3


def test_bars_have_the_height_of_their_scores():
    picture = draw_bars(settings(), ROWS).astype(int)
    heights = []
    for colour in (ORANGE, SKY):
        here = (np.abs(picture - colour).sum(-1) == 0).sum(0)
        heights.append(here[: picture.shape[1] // 2].max())  # the group of 8 labels
    means = [np.mean(SCORES[start, 8]) for start in 'ab']
    assert heights[1] / heights[0] == pytest.approx(means[1] / means[0], rel=0.05)
