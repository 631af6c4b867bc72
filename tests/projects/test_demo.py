"""The demo, run for two iterations of everything, and its parts."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from projects.demo import Demo, run
from projects.demo.plan import DATA, MARKER, STARTS, prepare
from projects.demo.probing import DRAWS, HOW, LABELS, LEVEL, SEED, open_data
from projects.demo.report import differences, result_table
from projects.demo.stages import Stages, clock
from projects.demo.training import Scores
from projects.runs import ROOT


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        demo = Demo(tmp_path_factory.mktemp('demo') / 'out', seeds=(3,), quick=True)
        run(demo)
        yield demo


def labels(path):
    return np.asarray(Image.open(path))


@pytest.mark.wide
@pytest.mark.parametrize('start', STARTS)
def test_scores_are_those_of_the_written_predictions(demo, start):
    files = sorted((demo.run_dir(start, 3) / 'predictions').glob('*.png'))
    assert len(files) == 4
    found = np.stack([labels(path) for path in files])
    truth = np.stack([labels(DATA / 'SegmentationClass' / path.name) for path in files])
    nucleus, background = (
        100 * ((found == k) & (truth == k)).sum() / ((found == k) | (truth == k)).sum() for k in (1, 0)
    )
    scores = demo.scores[start, 3]
    assert scores.nucleus_iou == pytest.approx(nucleus)
    assert scores.mean_iou == pytest.approx((nucleus + background) / 2, abs=0.01)


@pytest.mark.wide
def test_the_report_prints_the_scores_and_warns_of_the_quick_run(demo):
    text = (demo.out / 'report.md').read_text()
    assert result_table(demo.scores) in text and differences(demo.scores, 'random') in text
    assert 'its numbers mean nothing' in text
    assert all((demo.out / picture).is_file() for picture in re.findall(r'!\[\]\((.+)\)', text))
    assert text.count('python tools/train.py') == 4 and text.count('python tools/export.py') == 2
    assert text.count('python tools/probe.py') == 1 and demo.probed.tables() in text


@pytest.mark.wide
def test_the_probe_compares_with_random_networks(demo):
    starts = [(result.start, result.row.feature) for result in demo.probed.results if result.row.method == 'knn']
    assert starts == [('given', 'p2'), ('encoder', 'c2+c3+c4+c5'), ('random decoder', 'p2'), ('from scratch', 'p2')]


@pytest.mark.wide
def test_the_command_of_the_probe_does_the_same(demo, monkeypatch):
    (command,) = [command for command in demo.commands if 'probe.py' in command]
    monkeypatch.setattr('sys.argv', command.split()[1:])
    tool = runpy.run_path(str(ROOT / 'tools/probe.py'))
    args = tool['parse']()
    assert (args.methods, args.cells, args.levels) == ([*HOW.methods], HOW.cells, [LEVEL])
    assert (args.labels, args.draws) == ([LABELS], DRAWS)
    assert args.random_seeds == [SEED] and args.scratch and Path(args.networks[0]).is_file()
    assert [split.names for split in tool['open_data'](args)] == [split.names for split in open_data(None)]


@pytest.mark.wide
def test_starts_differ_by_what_they_load(demo):
    commands = [command for command in demo.commands if 'train.py projects/demo/configs/finetune' in command]
    loads = [re.search(r'load_from=(\S+)', command) for command in commands]
    assert [match and Path(match[1]).name for match in loads] == [None, 'encoder.pth', 'encoder+decoder.pth']
    assert 'neck.lateral_convs.0.conv.weight' in demo.left_new['encoder']
    assert 'lateral_convs' not in demo.left_new['encoder+decoder']


@pytest.mark.wide
def test_pictures_show_rows_for_images_and_columns_for_starts(demo):
    for name, rows, columns in (('slots', 4, 3), ('predictions', 4, 5), ('views', 3, 3)):
        height, width = labels(demo.out / f'{name}.png').shape[:2]
        assert rows == height // 270 and columns == width // 258, name


def test_a_restart_empties_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    demo = Demo(tmp_path / 'out')
    prepare(demo)
    (demo.out / 'report.md').write_text('old')
    prepare(demo)
    assert [path.name for path in demo.out.iterdir()] == [MARKER]


def test_a_folder_with_other_files_is_refused_and_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / 'thesis.tex').write_text('years')
    with pytest.raises(SystemExit, match='did not make'):
        prepare(Demo(tmp_path))
    assert (tmp_path / 'thesis.tex').read_text() == 'years'


def test_outside_a_clone_it_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match='clone'):
        prepare(Demo(tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()


def test_a_failing_stage_ends_with_one_sentence(tmp_path, capsys):
    stages = Stages(3, tmp_path / 'error.log')
    with stages.stage('Boiling water'):
        pass
    with pytest.raises(SystemExit) as end, stages.stage('Frying eggs'):
        raise KeyError('pan')
    assert str(end.value) == (
        f"error: stage [2/3] Frying eggs failed: KeyError: 'pan' (traceback: {tmp_path / 'error.log'})"
    )
    assert "raise KeyError('pan')" in (tmp_path / 'error.log').read_text()
    assert list(stages.seconds) == ['Boiling water']
    assert '[1/3] Boiling water' in capsys.readouterr().out


@pytest.mark.parametrize('seconds, text', [(0, '0:00'), (9.6, '0:10'), (75, '1:15'), (600, '10:00'), (3700, '1:01:40')])
def test_durations_are_written_without_leading_zeros(seconds, text):
    assert clock(seconds) == text


def test_tables_show_means_and_differences():
    scores = {
        ('random', 0): Scores(70.0, 50.0),
        ('random', 1): Scores(72.0, 52.0),
        ('encoder', 0): Scores(73.0, 55.0),
        ('encoder', 1): Scores(71.0, 53.5),
    }
    lines = result_table(scores).splitlines()
    assert lines[2] == '| random | **71.0** | 51.0 | 70.0 (50.0) | 72.0 (52.0) |'
    assert lines[3] == '| encoder | **72.0** | 54.2 | 73.0 (55.0) | 71.0 (53.5) |'
    assert differences(scores, 'random') == '* encoder against random: +1.0 mIoU; +3.0 (seed 0), -1.0 (seed 1)'
