"""tools/probe.py from end to end on the bundled images."""

import json
import runpy
import sys
from pathlib import Path

import mmcv
import pytest

from tests.evaluation.nuclei import NUCLEI
from tests.support import exports, tiny
from tests.support.commands import ROOT

LISTS = NUCLEI / 'ImageSets' / 'Segmentation'
DATA = [
    *('--images', str(NUCLEI / 'JPEGImages'), '--labels-dir', str(NUCLEI / 'SegmentationClass')),
    *('--train-list', str(LISTS / 'train_8.txt'), '--val-list', str(LISTS / 'val.txt'), '--val-count', '3'),
]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    """The tool in this process."""
    monkeypatch.setattr(sys, 'argv', ['probe.py', *map(str, arguments)])
    runpy.run_path(str(ROOT / 'tools/probe.py'), run_name='__main__')


@pytest.fixture(scope='module')
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp('runs')
    return [exports.save(folder / f'{name}.pth', tiny.network(), 'c5', 'p2', 'p3') for name in ('one', 'two')]


@pytest.mark.wide
def test_two_checkpoints_few_labels(checkpoints: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ['--levels', 'p2', 'p2+p3', '--labels', 2, 4, '--draws', 2, '--cells', 300, '--device', 'cpu']
    run(monkeypatch, *checkpoints, *DATA, *options, '--out', tmp_path, '--as-seeds', '--pictures', 2, '--scratch')
    found = json.loads((tmp_path / 'probe.json').read_text())
    rows = found['results']
    kinds = {(row['subject'].rpartition('/')[2], row['start'], row['feature']) for row in rows}
    each = [('given', 'p2'), ('given', 'p2+p3'), ('encoder', 'c2+c3+c4+c5')]
    each += [(start, feature) for start in ('random decoder', 'from scratch') for feature in ('p2', 'p2+p3')]
    assert kinds == {(name, *kind) for name in ('one', 'two') for kind in each}
    assert len(rows) == 2 * 7 * (2 * 2 * 2 + 1)  # networks, kinds; two methods by labels and draws, and clusters
    assert {row['channels'] for row in rows if row['feature'] == 'p2+p3'} == {16}
    assert all(0 <= row['scores']['mIoU'] <= 100 and len(row['scores']['iou']) == 2 for row in rows)
    assert [images[:2] for labels, draw, images in found['draws'] if draw == 1] == [found['draws'][1][2]] * 2
    same = [[r['scores'] for r in rows if r['subject'].endswith(n) and r['start'] == 'given'] for n in ('one', 'two')]
    assert same[0] == same[1]  # both checkpoints are the same, and so are all draws
    text = (tmp_path / 'table.md').read_text()
    assert (
        '| all 2 |' in text
        and 'minus random decoder' in text
        and 'minus from scratch' in text
        and '2 of 2 seeds' in text.replace('0 of 2', '2 of 2')
    )
    for name in ('bars.png', 'maps.png'):
        assert mmcv.imread(str(tmp_path / name)).std() > 10


def test_a_config_of_mmseg_names_the_data(
    checkpoints: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data of a config; one network, one method, no yardstick, no pictures of maps."""
    monkeypatch.chdir(ROOT)
    dataset = dict(
        type='BaseSegDataset',
        data_root=str(NUCLEI),
        data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'),
        img_suffix='.png',
        seg_map_suffix='.png',
        metainfo=dict(classes=('background', 'nucleus'), palette=[[0, 0, 0], [0, 158, 115]]),
        pipeline=[],
    )
    loaders = {
        f'{kind}_dataloader': dict(dataset=dict(dataset, ann_file=f'ImageSets/Segmentation/{name}.txt'))
        for kind, name in (('train', 'train_4'), ('val', 'val'))
    }
    from mmengine.config import Config

    Config(loaders).dump(tmp_path / 'data.py')
    less = ['--random-seeds', '--pictures', 0, '--methods', 'knn', '--val-count', 2, '--cells', 200, '--score', 'cell']
    run(
        monkeypatch, checkpoints[0], '--data', tmp_path / 'data.py', *less, '--device', 'cpu', '--out', tmp_path / 'out'
    )
    found = json.loads((tmp_path / 'out' / 'probe.json').read_text())
    assert found['data']['classes'] == ['background', 'nucleus'] and len(found['data']['train']) == 4
    assert [row['feature'] for row in found['results']] == ['p2', 'p3', 'p2+p3', 'c2+c3+c4+c5']
    assert found['options']['scoring'] == 'cell'
    assert not (tmp_path / 'out' / 'maps.png').exists()


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['nothing.pth', *DATA], 'no checkpoint at nothing.pth'),
        (['EMPTY', *DATA], r'\S*empty\.pth cannot be read as a checkpoint: it is empty \(0 bytes\)'),
        (['CHECKPOINT'], 'give the data either by --data CONFIG or by --images'),
        (['CHECKPOINT', *DATA[:4]], '--images needs --labels-dir, and --val-list or --val-images'),
        (['CHECKPOINT', *DATA, '--levels', 'p7'], "levels 'p7' cannot be probed: .*one has c2, c3, c4, c5, p2, p3"),
        (['CHECKPOINT', *DATA, '--labels', '9'], '9 labelled images are wanted of 8 training images'),
        (['CHECKPOINT', *DATA, '--names', 'a', 'b'], '--names has 2 values for 1 networks'),
        (['CHECKPOINT', 'CHECKPOINT', *DATA], 'cannot be told apart: give --names'),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    checkpoints: list[str], arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'empty.pth').touch()
    files = dict(CHECKPOINT=checkpoints[0], EMPTY=str(tmp_path / 'empty.pth'))
    given = [files.get(word, word) for word in arguments]
    with pytest.raises(SystemExit, match=f'error: .*{said}'):
        run(monkeypatch, *given, '--out', tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_a_place_for_results_that_is_none_is_refused_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'out').touch()
    with pytest.raises(SystemExit, match=r'error: --out \S*probe\.json lies in \S*out, which is no folder'):
        run(monkeypatch, 'nothing.pth', *DATA, '--out', tmp_path / 'out')
