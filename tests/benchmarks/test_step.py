"""Costs are measured side by side: a config against itself, and against one that does more."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config

from benchmarks import compare_steps, crew, step
from benchmarks.split import PARTS, Stopwatch
from benchmarks.step_process import Setting, hooks_as_told
from mmdecon.noise_views import noise_views
from mmdecon.registry import MODELS
from tests.support.benchmark import run_benchmark
from tests.support.shards import needs_shards

ROOT = Path(__file__).parents[2]
TINY = """
bn = dict(type='BN')
resnet = dict(type='mmpretrain.ResNet', depth=18, base_channels=8, out_indices=(0, 1, 2, 3), norm_cfg=bn)
branch = dict(
    level='c5',
    sampler=dict(type='mmdecon.RegionSampler', num_regions=4),
    head=dict(type='mmdecon.RegionHead', hidden_channels=8, out_channels=8),
    objective=dict(type='mmdecon.DetConObjective', hidden_channels=8),
)
network = dict(type='mmdecon.Network', encoder=resnet)
model = dict(type='mmdecon.DeCon', network=network, branches=dict(enc=branch))
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
"""


@pytest.fixture
def configs(tmp_path: Path) -> list[str]:
    """A config and a wider one."""
    (tmp_path / 'small.py').write_text(TINY)
    (tmp_path / 'wide.py').write_text(
        TINY.replace('base_channels=8', 'base_channels=64').replace('depth=18', 'depth=50')
    )
    return [str(tmp_path / name) for name in ('small.py', 'wide.py')]


def test_ratios_are_medians_over_the_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """With processes that answer what stands here: the unit, which every config has its turns with, and two configs."""
    times = iter([[1.0, 2.0, 4.0, 1.0, 2.0, 4.0], [2.0, 2.0, 2.0], [3.0, 8.0, 2.0]])

    @contextmanager
    def stepping(setting: Setting) -> Iterator[Callable[[str], Any]]:
        own = iter(next(times))
        parts = dict.fromkeys(PARTS, 0.5)
        yield lambda what: (next(own), parts) if what == 'step' else (0.25, 7)

    monkeypatch.setattr(step, 'stepping', stepping)
    first, second = compare_steps(['a.py', 'b.py'], turns=3)
    assert (first.seconds, first.ratio, first.memory, first.parameters) == (2.0, 1.0, 0.25, 7)
    assert (second.seconds, second.ratio) == (3.0, 3.0)  # of 3, 4 and 0.5
    assert first.parts == dict.fromkeys(PARTS, 0.25)


def test_a_part_within_another_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    watch, clock = Stopwatch(on_gpu=False), count()
    monkeypatch.setattr(watch, 'now', lambda: next(clock))
    with watch.timing('student'), watch.timing('branches'):
        pass
    with watch.timing('branches'):
        pass
    assert {part: seconds for part, seconds in watch.seconds.items() if seconds} == dict(student=1, branches=1)


@pytest.mark.wide
def test_memory_and_parts(configs: list[str]) -> None:
    small, wide = compare_steps(configs, batch=2, size=64, turns=2)
    assert small.config == configs[0] and wide.config == configs[1]
    assert min(cost.seconds for cost in (small, wide)) > 0 and min(cost.ratio for cost in (small, wide)) > 0
    assert wide.parameters > 10 * small.parameters > 0
    assert 0.1 < small.memory < wide.memory < 4
    for cost in (small, wide):
        assert all(share > 0 for part, share in cost.parts.items() if part != 'data')


@needs_shards
@pytest.mark.wide
def test_two_processes_with_and_without_shards(configs: list[str], tmp_path: Path, monkeypatch, capsys) -> None:
    """Data-parallel and by the config's strategy; without processes a strategy has nothing to do."""
    sharded, out = tmp_path / 'sharded.py', tmp_path / 'costs.json'
    strategy = "strategy = dict(type='mmdecon.ShardedStrategy', units='encoder.layer*')\n"
    sharded.write_text(TINY + "custom_imports = dict(imports=['mmdecon.sharding'])\n" + strategy)
    options = ('--size', 64, '--turns', 1, '--threads', 1)
    run_benchmark(monkeypatch, 'step', configs[0], sharded, *options, '--processes', 2, '--json', out)
    assert '| sharded | ' in capsys.readouterr().out
    costs = json.loads(out.read_text())['costs']
    assert [cost['parameters'] for cost in costs] == [costs[0]['parameters']] * 2
    for cost in costs:
        assert 0.1 < cost['memory'] < 4 and all(cost['parts'][part] > 0 for part in cost['parts'] if part != 'data')
    with pytest.raises(SystemExit, match='has a strategy for several processes; give --processes 2 or more'):
        run_benchmark(monkeypatch, 'step', sharded, *options)


def test_recomputed_as_in_training(configs: list[str]) -> None:
    cfg = Config.fromfile(configs[0])
    cfg.custom_hooks = [dict(type='mmdecon.SkipVectors'), dict(type='mmdecon.Recompute', modules='network.*.encoder')]
    model = MODELS.build(cfg.model)
    hooks_as_told(cfg, model)
    assert all('forward' in vars(network.encoder) for network in (model.network.student, model.network.teacher))
    assert 'forward' not in vars(model.branches['enc'].head.student)


@pytest.mark.wide
def test_real_images_take_their_time(configs: list[str], tmp_path: Path) -> None:
    config = tmp_path / 'data.py'
    config.write_text(
        TINY
        + """
pipeline = [
    dict(type='mmdecon.LoadImage'),
    dict(type='mmdecon.LoadRegions', store='nowhere.regions'),
    dict(type='mmdecon.TwoViews', size=64),
    dict(type='mmdecon.PackViews'),
]
train_dataloader = dict(collate_fn=dict(type='default_collate'), dataset=dict(pipeline=pipeline))
model.update(data_preprocessor=dict(type='mmdecon.ViewPreprocessor'))
"""
    )
    (cost,) = compare_steps([str(config)], turns=2, data=str(ROOT / 'tests' / 'data' / 'nuclei'))
    assert 0 < cost.parts['data'] < 1


@pytest.mark.wide
def test_the_tool_writes_what_it_prints(configs: list[str], tmp_path: Path, monkeypatch, capsys) -> None:
    """With processes that start as they do for users."""
    monkeypatch.setattr(crew, 'START_METHOD', 'spawn')
    out, threads = tmp_path / 'costs.json', ('--threads', torch.get_num_threads())
    run_benchmark(monkeypatch, 'step', configs[0], '--size', 64, '--turns', 1, '--json', out, *threads)
    written = json.loads(out.read_text())
    assert '| small | ' in capsys.readouterr().out and [cost['config'] for cost in written['costs']] == configs[:1]
    assert (written['batch'], written['size']) == (2, 64)
    with pytest.raises(SystemExit, match=r"there is no config file 'nowhere\.py'"):
        run_benchmark(monkeypatch, 'step', configs[0], 'nowhere.py')


def test_noise_has_all_that_objectives_ask_for() -> None:
    first, second = noise_views(batch=3, size=64, channels=5)
    assert first.image.shape == second.image.shape == (3, 5, 64, 64)
    assert first.regions.shape == (3, 1, 64, 64)
    assert (first.box != second.box).all() and first.source.tolist() == [[96.0, 96.0]] * 3
