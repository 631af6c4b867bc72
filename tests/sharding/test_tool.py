"""The tool with a model sharded over two processes, as ``configs/_base_/scale/fsdp.py`` says."""

import os
import runpy
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import torch
from mmengine.config import Config

from mmdecon.models.network import Network
from mmdecon.registry import MODELS
from tests.support import commands
from tests.support.fresh import free_port
from tests.support.pair import run_in_both
from tests.support.shards import needs_shards

FRAGMENT = commands.ROOT / 'configs/_base_/scale/fsdp.py'
HERE = commands.ROOT / 'tests/training'  # where the small configs are
NAMES = ('tiny', 'tiny_frozen', 'tiny_joint')
PLAIN = ['train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False', 'train_dataloader.batch_size=4']
Steps = dict[str, list[str]]


def run_tool(rank: int, ports: list[int], steps: Steps) -> None:
    """One of two processes, as torchrun starts it; the tool joins and leaves the other one for each step."""
    torch.set_num_threads(1)
    os.chdir(commands.ROOT)
    for port, (name, arguments) in zip(ports, steps.items()):
        where = dict(MASTER_ADDR='localhost', MASTER_PORT=port, WORLD_SIZE=2, RANK=rank, LOCAL_RANK=rank)
        os.environ.update({key: str(value) for key, value in where.items()})
        sys.argv = ['train.py', *arguments, f'experiment_name={name}-{uuid4()}']
        runpy.run_path('tools/train.py', run_name='__main__')


def arguments(config: Path, work_dir: Path, *options: str, resume: Any = None) -> list[str]:
    """Of the tool."""
    again = ['--resume', str(resume)] if resume else []
    common = [str(config), '--launcher', 'pytorch', '--work-dir', str(work_dir), *again]
    return [*common, '--cfg-options', *PLAIN, *options]


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything trained, in one pair of processes."""
    folder = tmp_path_factory.mktemp('sharded')
    steps = {**list_steps(folder, 'shards'), **list_steps(folder, 'whole')}
    run_in_both(run_tool, [free_port() for _ in steps], steps)
    return folder


def list_steps(folder: Path, way: str) -> Steps:
    """Names and arguments of the runs; those of shards come first, as one of the others goes on from them.

    Norms are plain ones: most of the time would go into sums over processes.

    Args:
        folder: Of everything.
        way: ``'whole'`` or ``'shards'``.
    """
    configs = {name: folder / way / f'{name}.py' for name in NAMES}
    (folder / way).mkdir()
    for name, path in configs.items():
        plain = folder / f'{name}.py'
        plain.write_text((HERE / f'{name}.py').read_text().replace('mmdecon.SyncBN', 'BN'))
        scale = f"_base_ = ['{plain}', '{FRAGMENT}']\nstrategy = dict(units=['encoder.layer4', 'decoder.fpn'])\n"
        path.write_text(scale if way == 'shards' else f"_base_ = '{plain}'\n")
    start = dict(tiny_frozen=f'model.network.encoder.init_cfg.checkpoint={encoder(folder)}')
    start['tiny_joint'] = f'load_from={folder}/tiny_frozen_{way}/epoch_2.pth'
    steps = {
        f'{name}_{way}': arguments(path, folder / f'{name}_{way}', *start.get(name, '').split())
        for name, path in configs.items()
    }
    half = folder / 'tiny_shards/epoch_1.pth'
    return {**steps, f'again_{way}': arguments(configs['tiny'], folder / f'again_{way}', resume=half)}


def encoder(folder: Path) -> Path:
    """Weights for the frozen encoder."""
    torch.manual_seed(5)
    config = Config.fromfile(HERE / 'tiny.py').model.network
    network: Network = MODELS.build(config)
    path = folder / 'encoder.pth'
    torch.save(dict(state_dict={f'backbone.{k}': v for k, v in network.encoder.state_dict().items()}), path)
    return path


def checkpoint(folder: Path, name: str) -> dict[str, Any]:
    """The last one of a run."""
    return torch.load(folder / name / 'epoch_2.pth', weights_only=True)


def assert_same(got: dict[str, Any], wanted: dict[str, Any], **tolerance: float) -> None:
    """Compares weights, and the optimisers' settings and states."""
    assert list(got['state_dict']) == list(wanted['state_dict'])
    for name, value in wanted['state_dict'].items():
        torch.testing.assert_close(got['state_dict'][name], value, msg=lambda m, name=name: f'{name}: {m}', **tolerance)
    assert got['optimizer'].keys() == wanted['optimizer'].keys()
    assert got['optimizer']['param_groups'] == wanted['optimizer']['param_groups']
    assert got['optimizer']['state'].keys() == wanted['optimizer']['state'].keys()
    for i, state in wanted['optimizer']['state'].items():
        for name, value in state.items():
            torch.testing.assert_close(got['optimizer']['state'][i][name], value, **tolerance)


@needs_shards
@pytest.mark.wide
@pytest.mark.parametrize('name', NAMES)
def test_a_checkpoint_of_shards_is_that_of_a_whole_model(folder: Path, name: str) -> None:
    """Weights, teachers, centres and the optimiser's state, up to the order of sums; the same names and numbers."""
    assert_same(checkpoint(folder, f'{name}_shards'), checkpoint(folder, f'{name}_whole'), rtol=1e-3, atol=2e-6)


@needs_shards
@pytest.mark.wide
def test_resumed_steps_are_the_uninterrupted_ones(folder: Path) -> None:
    assert commands.losses(folder / 'again_shards') == commands.losses(folder / 'tiny_shards')[2:]
    assert_same(checkpoint(folder, 'again_shards'), checkpoint(folder, 'tiny_shards'), rtol=0, atol=0)


@needs_shards
@pytest.mark.wide
def test_a_whole_model_goes_on_from_shards(folder: Path) -> None:
    assert_same(checkpoint(folder, 'again_whole'), checkpoint(folder, 'tiny_whole'), rtol=1e-3, atol=2e-6)


@needs_shards
@pytest.mark.wide
def test_a_frozen_encoder_is_whole_and_written_once(folder: Path) -> None:
    state = checkpoint(folder, 'tiny_frozen_shards')['state_dict']
    given = torch.load(folder / 'encoder.pth', weights_only=True)['state_dict']
    for name, value in given.items():
        both = [state[name.replace('backbone', f'network.{half}.encoder')] for half in ('student', 'teacher')]
        assert torch.equal(both[0], value) and both[0].data_ptr() == both[1].data_ptr(), name


REFUSALS = {
    "strategy.type='mmdecon.ShardedStrategy' with runner_type='Runner'": ['runner_type=Runner'],
    'with model_wrapper_cfg, which FlexibleRunner does not read': ['model_wrapper_cfg.type=MMDistributedDataParallel'],
    'with sync_bn, which FlexibleRunner does not read': ['sync_bn=torch'],
    'shards a model over processes; start it with torchrun': [],
}


@pytest.mark.parametrize('message', REFUSALS)
def test_half_a_strategy_is_refused(message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert message in refusal(
        f"_base_ = ['{HERE / 'tiny.py'}', '{FRAGMENT}']\n", tmp_path, monkeypatch, *REFUSALS[message]
    )


def test_a_strategy_that_no_config_imports_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"_base_ = '{HERE / 'tiny.py'}'\nstrategy = dict(type='mmdecon.ShardedStrategy')\n"
    wanted = "add custom_imports = dict(imports=['mmdecon.sharding'], allow_failed_imports=False)"
    assert wanted in refusal(text, tmp_path, monkeypatch)


def refusal(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """What the tool ends with, given a config, before it makes the work folder."""
    config = folder / 'sharded.py'
    config.write_text(text)
    command = ['train.py', str(config), '--work-dir', str(folder / 'work'), '--cfg-options', *PLAIN]
    monkeypatch.setattr(sys, 'argv', [*command, *options])
    with pytest.raises(SystemExit) as end:
        runpy.run_path('tools/train.py', run_name='__main__')
    assert not (folder / 'work').exists()
    return end.value.code
