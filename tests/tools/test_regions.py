"""The tool makes stores, reports on them, and says in one sentence what it cannot do."""

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdecon.regions import Grid, RegionStore

from .conftest import ROOT


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs ``tools/regions.py`` in this process."""

    def run(*arguments: object) -> None:
        monkeypatch.setattr(sys, 'argv', ['regions.py', *map(str, arguments)])
        runpy.run_path(str(ROOT / 'tools/regions.py'), run_name='__main__')

    return run


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Four images, with labels of two classes beside them."""
    for number in range(4):
        for folder in ('images/sub', 'labels/sub'):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        Image.new('RGB', (30, 20 + number)).save(tmp_path / f'images/sub/{number}.png')
        labels = np.arange(20 + number)[:, None] // 10 % 2 * np.ones(30)
        Image.fromarray(labels.astype(np.uint8)).save(tmp_path / f'labels/sub/{number}.png')
    return tmp_path / 'images'


def test_the_form_without_a_command_makes_a_store(regions, images: Path, tmp_path: Path, capsys) -> None:
    regions(images, tmp_path / 'a.regions', '--method', 'grid', '--options', 'n=3', '--workers', 2)
    store = RegionStore(str(tmp_path / 'a.regions'), Grid(3).options)
    assert list(store) == [f'sub/{number}.png' for number in range(4)] and store.counts['regions'] == 36
    out = capsys.readouterr().out
    assert '4 images, 1 planes at most, 36 regions' in out and 'ms an image' in out
    size = (tmp_path / 'a.regions').stat().st_size
    assert f'{size} bytes, {size / 4:.0f} an image' in out
    (tmp_path / 'list.txt').write_text('sub/1\nsub/3\n')
    regions('make', images, tmp_path / 'b.regions', '--method', 'mmdecon.Grid', '--list', tmp_path / 'list.txt')
    assert list(RegionStore(str(tmp_path / 'b.regions'))) == ['sub/1.png', 'sub/3.png']


def test_report(regions, images: Path, tmp_path: Path, capsys) -> None:
    how = ('--method', 'human-labels', '--options', f'folder={tmp_path / "labels"}', '--workers', 0)
    regions(images, tmp_path / 'people.regions', *how)
    capsys.readouterr()
    picture, numbers = tmp_path / 'a.png', tmp_path / 'a.json'
    drawn = ('--images', images, '--out', picture, '--json', numbers, '--examples', 2)
    regions('report', tmp_path / 'people.regions', 'grid', tmp_path / 'labels', *drawn, '--options', 'n=2')
    out, found = capsys.readouterr().out, json.loads(numbers.read_text())
    assert '4 of 4 images' in out and '| average best overlap | 1.000 |' in out
    assert found['people.regions']['abo'] == 1 and found['people.regions']['objects'] == 8
    assert 0.3 < found['grid']['abo'] < 0.6 and found['grid']['class_abo'] < 1
    assert Image.open(picture).size[0] > 3 * 30
    (tmp_path / 'more').mkdir()
    (tmp_path / 'people.regions').rename(tmp_path / 'more/people.regions')
    regions(images, tmp_path / 'people.regions', '--method', 'grid', '--workers', 0)
    regions('report', tmp_path / 'people.regions', tmp_path / 'more/people.regions', tmp_path / 'labels')
    assert 'mean over classes | 0.084 | 1.000 |' in capsys.readouterr().out
    regions('report', tmp_path / 'people.regions', tmp_path / 'labels')
    assert '4 of 4 images' in capsys.readouterr().out


@pytest.mark.parametrize(
    'words, message',
    [
        (('IMAGES', 'OUT', '--method', 'magic'), '--method magic: known are grid, felzenszwalb'),
        (('IMAGES', 'OUT', '--method', 'grid', '--options', 'm=3'), '--method grid --options'),
        (('IMAGES', 'OUT', '--method', 'grid', '--options', 'n=0'), 'Grid: n is 0'),
        (('IMAGES', 'OUT', '--method', 'grid', '--workers', '-1'), '--workers -1'),
        (('nowhere', 'OUT', '--method', 'grid'), 'nowhere is not a folder'),
        (('IMAGES', 'IMAGES', '--method', 'grid'), 'exists already'),
        (('IMAGES', 'OUT', '--method', 'grid', '--list', 'nowhere'), r'nowhere \(--list\) is not a file'),
        (('IMAGES', 'OUT', '--method', 'human-labels', '--options', 'folder=IMAGES'), 'is in colour'),
        (('report', 'grid', 'LABELS'), 'grid: give the folder of the images by --images'),
        (('report', 'nowhere', 'LABELS', '--list', 'some.txt'), '--list: give the folder of the images by --images'),
        (('report', 'nowhere', 'LABELS'), 'no store of regions at nowhere'),
        (
            ('report', 'grid', 'slic', 'LABELS', '--images', 'IMAGES', '--options', 'n=2'),
            '--options are for one method',
        ),
        (('report', 'grid', 'LABELS', '--images', 'IMAGES', '--out', 'OUT.xyz'), r'--out \S*out\.xyz ends in no kind'),
        (('report', 'grid', 'LABELS', '--images', 'IMAGES', '--json', 'IMAGES'), r'--json \S+ is a folder'),
    ],
)
def test_refusals(regions, images: Path, tmp_path: Path, words: tuple, message: str) -> None:
    places = dict(IMAGES=str(images), OUT=str(tmp_path / 'out'), LABELS=str(tmp_path / 'labels'))
    for name, place in places.items():
        words = tuple(word.replace(name, place) for word in words)
    with pytest.raises(SystemExit, match=f'^error: .*{message}'):
        regions(*words)
