"""The tools on two nodes, and gradient accumulation: what docs/scale.md says, run as a user does."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.support import commands

PLAIN = ['train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False']
CALM = [*PLAIN, 'model.network.decoder.fpn.channel_dropout=0.0']
FRAGMENT = 'configs/_base_/scale/ddp.py'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The small config with the data-parallel options."""
    path = tmp_path / 'scaled.py'
    path.write_text(f"_base_ = ['{commands.ROOT / commands.CONFIG}', '{commands.ROOT / FRAGMENT}']\n")
    return path


def train_on_two_nodes(config: Path, work_dir: Path, *options: str) -> None:
    """Two of torchrun's agents with one process each, which find each other over a port as two machines would."""
    with socket.socket() as server:
        server.bind(('localhost', 0))
        port = server.getsockname()[1]
    launch = [sys.executable, '-m', 'torch.distributed.run', '--nnodes=2', '--nproc_per_node=1', '--rdzv_id=1']
    meet = ['--rdzv_backend=c10d', f'--rdzv_endpoint=localhost:{port}', 'tools/train.py', str(config)]
    command = [*launch, *meet, '--launcher', 'pytorch', '--work-dir', str(work_dir), '--cfg-options', *options]
    environment = dict(os.environ, OMP_NUM_THREADS='1')
    pipes = dict(cwd=commands.ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    agents = [subprocess.Popen(command, **pipes) for _ in range(2)]
    try:
        printed = [agent.communicate(timeout=300)[0] for agent in agents]
    finally:
        for agent in agents:
            agent.kill()
    assert [agent.returncode for agent in agents] == [0, 0], printed[0][-3000:] + printed[1][-3000:]


@pytest.mark.slow
def test_two_nodes_equal_one_process(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Static graph, gradients in buckets; the linear rule leaves the rate alone at the same images a step."""
    nodes, whole = tmp_path / 'nodes', tmp_path / 'whole'
    train_on_two_nodes(config, nodes, *CALM, 'train_dataloader.batch_size=4', 'auto_scale_lr.enable=True')
    commands.run_here(monkeypatch, 'train', commands.CONFIG, '--work-dir', str(whole), '--cfg-options', *CALM)
    one, two = (state(folder, 2) for folder in (whole, nodes))
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-2, atol=5e-4, msg=lambda m, name=name: f'{name}: {m}')


def test_accumulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passes a step: teachers move once a step, by the schedule at its first pass, towards the student then."""
    options = [*PLAIN, 'optim_wrapper.accumulative_counts=2']
    commands.run_here(monkeypatch, 'train', commands.CONFIG, '--work-dir', str(tmp_path), '--cfg-options', *options)
    rows = commands.losses(tmp_path)
    momenta = [row['momentum/encoder'] for row in rows]
    assert momenta[0] == momenta[1] < momenta[2] == momenta[3]
    first, second = state(tmp_path, 1), state(tmp_path, 2)  # after each step
    for name in (name for name in first if '.teacher.' in name and name.endswith('weight')):
        momentum = rows[2]['momentum/encoder' if '.encoder.' in name or '.enc.' in name else 'momentum/decoder']
        student = first[name.replace('teacher', 'student')]
        torch.testing.assert_close(second[name], momentum * first[name] + (1 - momentum) * student, msg=name)
    moved = [
        not torch.equal(first[name.replace('teacher', 'student')], first[name]) for name in first if '.conv' in name
    ]
    assert any(moved)


def test_accumulation_over_a_static_graph_is_refused(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ['--work-dir', str(tmp_path), '--cfg-options', 'optim_wrapper.accumulative_counts=2']
    with pytest.raises(SystemExit, match=r'accumulative_counts=2 with model_wrapper_cfg.static_graph=True'):
        commands.run_here(monkeypatch, 'train', str(config), '--launcher', 'pytorch', *options)


def test_mmengines_checkpointing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ['--work-dir', str(tmp_path), '--cfg-options', 'activation_checkpointing=network.student.encoder']
    with pytest.raises(SystemExit, match=r'activation_checkpointing=network.student.encoder .*mmdecon.Recompute'):
        commands.run_here(monkeypatch, 'train', commands.CONFIG, *options)


@pytest.mark.wide
def test_recomputing_through_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same losses to the last bit; the hook is named in the config."""
    path = tmp_path / 'recomputed.py'
    hook = "dict(type='mmdecon.Recompute', modules='network.student.encoder.layer*')"
    path.write_text(f"_base_ = ['{commands.ROOT / commands.CONFIG}']\ncustom_hooks = [*_base_.custom_hooks, {hook}]\n")
    for config, folder in ((commands.CONFIG, 'plain'), (str(path), 'recomputed')):
        commands.run_here(monkeypatch, 'train', config, '--work-dir', str(tmp_path / folder), '--cfg-options', *PLAIN)
    assert commands.losses(tmp_path / 'recomputed') == commands.losses(tmp_path / 'plain')


def state(folder: Path, epoch: int) -> dict[str, Tensor]:
    """A checkpoint's tensors."""
    return torch.load(folder / f'epoch_{epoch}.pth', weights_only=True)['state_dict']
