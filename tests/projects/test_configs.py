"""The projects' configs train, on bundled images; their scripts name each of them and data that stand in one place."""

import runpy
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mmengine.config import Config

from projects.runs import DONE, ROOT, Commands
from projects.xnet_ablations.__main__ import ROWS, TASKS
from tests.support.wide import sampled

from ..test_configs import check
from ..xnet.test_xnet_configs import check_pre_training, check_steps, marked, read

PROJECTS = ROOT / 'projects'
TRAINED = ('bases/configs/*.py', 'exact_or_fast/configs/*.py', 'demo/configs/*.py', 'evidence/configs/*_ccp-96px*.py')
SMALL = [path for pattern in TRAINED for path in sorted(PROJECTS.glob(pattern))]
XNET = PROJECTS / 'xnet_ablations/configs'
PRE_TRAINING = sorted(path.stem for path in XNET.glob('decon*.py'))
# The others are those of configs/xnet with another schedule.
ABLATIONS = [name for name in ROWS if name not in ('xnet_lite0-lite0', 'xnet_r18-r18')]


@pytest.mark.parametrize('path', sampled(SMALL), ids=lambda path: path.stem)
def test_trains(path: Path) -> None:
    check(path)


@pytest.mark.wide
@pytest.mark.parametrize('name', marked(PRE_TRAINING))
def test_an_xnet_pre_trains(name: str, tmp_path: Path) -> None:
    check_pre_training(XNET / f'{name}.py', tmp_path)


@pytest.mark.parametrize('task', TASKS)
@pytest.mark.parametrize('name', sampled(marked(ABLATIONS)))
def test_an_ablation_steps(name: str, task: str) -> None:
    row = ROWS[name]
    cfg = read(XNET / f'{row.config}_{task}.py')
    cfg.merge_from_dict({key: None if value == 'None' else value for key, value in row.options.items()})
    check_steps(cfg)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable[..., list[list[str]]]:
    """Gives the commands of a project, split into words."""

    def run(name: str, *words: str) -> list[list[str]]:
        monkeypatch.setattr(sys, 'argv', [name, '--dry-run', *words])
        runpy.run_module(f'projects.{name}', run_name='__main__')
        return [shlex.split(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.mark.parametrize(
    ('name', 'trainings'),
    [('bases', 10), ('exact_or_fast', 2 * (3 + 4)), ('xnet_ablations', 1 + 2 * 2 * 10), ('evidence', 2 * 3)],
)
def test_a_script_runs_each_config_on_the_data_that_it_was_told(name: str, trainings: int, printed) -> None:
    seeds = () if name == 'bases' else ('--seeds', '3', '5')
    commands = printed(name, '--data', '/images', *seeds)
    runs = [words for words in commands if words[1] == 'tools/train.py']
    assert len({words[4] for words in runs}) == len(runs) == trainings  # each in a folder of its own
    configs = {path: Config.fromfile(ROOT / path).to_dict() for path in {words[2] for words in runs}}
    for words in runs:
        roots = [word for word in words if 'data_root=' in word]
        assert roots and all(word.split('=')[1].startswith('/images') for word in roots)
        for word in words[words.index('--cfg-options') + 1 :]:
            part = configs[words[2]]
            for key in word.split('=')[0].split('.')[:-1]:
                part = part.get(key, {})
            assert isinstance(part, dict), word
    used = {Path(words[2]).name for words in runs}
    full = {path.name for path in (PROJECTS / name / 'configs').glob('*.py')}
    assert used == full - {f'{name}.py' for name in PRE_TRAINING if not name.endswith('96px')}


def test_what_has_finished_is_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    commands, ran = Commands(), []
    commands.python = lambda *words: ran.append(words)
    for seed in (0, 0, 1):
        commands.train(Path('a.py'), tmp_path, dict(seed=seed))
    assert len(ran) == 2 and 'seed=1' in ran[1] and 'seed=1' in (tmp_path / DONE).read_text()
    assert capsys.readouterr().out == f'{tmp_path} is finished\n'
