"""Two stages, as a user runs them: the decoder on a frozen encoder, then both from its checkpoint."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config

from mmdecon.export import convert, read_source, verify
from mmdecon.registry import build_foreign
from tests.support import commands

FROZEN, JOINT = 'tests/training/tiny_frozen.py', 'tests/training/tiny_joint.py'
KEY = 'model.network.encoder.init_cfg.checkpoint'
PLAIN = commands.IN_PROCESS


@pytest.fixture(scope='module')
def weights(tmp_path_factory) -> Path:
    """An encoder whose batch norms have statistics of their own."""
    torch.manual_seed(5)
    config = dict(Config.fromfile(commands.ROOT / FROZEN).model.network.encoder, init_cfg=None)
    encoder = build_foreign(config)
    encoder.train()
    for _ in range(3):
        encoder(2 + 3 * torch.randn(4, 3, 64, 64))
    path = tmp_path_factory.mktemp('weights') / 'encoder.pth'
    torch.save(dict(state_dict={f'backbone.{k}': v for k, v in encoder.state_dict().items()}), path)
    return path


@pytest.fixture(scope='module')
def first(tmp_path_factory, weights) -> Path:
    """The first stage's work folder."""
    folder = tmp_path_factory.mktemp('first')
    commands.train(folder, '--cfg-options', f'{KEY}={weights}', *PLAIN, config=FROZEN)
    return folder


def state(folder: Path, epoch: int = 2) -> dict[str, torch.Tensor]:
    return torch.load(folder / f'epoch_{epoch}.pth', weights_only=True)['state_dict']


@pytest.fixture
def refusal(tmp_path, monkeypatch) -> Callable[..., str]:
    """Runs a stage with options and returns its error."""
    return partial(commands.refusal, monkeypatch, tmp_path / 'work')


def test_the_first_stage_keeps_the_encoder_and_trains_the_decoder(first, weights) -> None:
    given = torch.load(weights, weights_only=True)['state_dict']
    last, before = state(first), state(first, 1)
    for name, value in given.items():
        for half in ('student', 'teacher'):
            assert torch.equal(last[name.replace('backbone', f'network.{half}.encoder')], value), name
    convs = [name for name in last if '.student.decoder.' in name and name.endswith('conv.weight')]
    unused = {f'network.student.decoder.fpn.neck.fpn_convs.{i}.conv.weight' for i in (1, 3)}  # p3 and p5 feed no branch
    for half in ('student', 'teacher'):
        names = [name.replace('student', half) for name in convs if name not in unused]
        assert len(names) == 6 and not [name for name in names if torch.equal(last[name], before[name])]
    assert not [name for name in unused if not torch.equal(last[name], before[name])]
    rows = commands.losses(first)
    assert len(rows) == 4 and 'momentum/decoder' in rows[0] and 'momentum/encoder' not in rows[0]


def test_its_checkpoint_holds_the_encoder_once(first) -> None:
    names = {half: f'network.{half}.encoder.layer4.1.conv2.weight' for half in ('student', 'teacher')}
    last = state(first)
    assert last[names['student']].data_ptr() == last[names['teacher']].data_ptr()
    optimizer = torch.load(first / 'epoch_2.pth', weights_only=True)['optimizer']
    trained = sum(p.numel() for p in map(torch.as_tensor, _tensors(optimizer['state'])))
    encoder = sum(v.numel() for k, v in last.items() if k.startswith('network.student.encoder.'))
    students = sum(v.numel() for k, v in last.items() if 'teacher' not in k and '.encoder.' not in k)
    assert 0 < trained <= students < students + encoder


def _tensors(state: dict[int, dict[str, Any]]) -> list[torch.Tensor]:
    return [value for one in state.values() for value in one.values() if isinstance(value, torch.Tensor)]


@pytest.mark.parametrize('half', ['student', 'teacher'])
def test_either_half_is_exported_with_its_encoder(first, half, weights) -> None:
    source = read_source(str(first / 'epoch_2.pth'), half)
    export = convert(source, 'mmseg')
    assert verify(source, export).equal == ['c2', 'c3', 'c4', 'c5', 'p2', 'p4']
    given = torch.load(weights, weights_only=True)['state_dict']
    assert all(torch.equal(export.state[name], value) for name, value in given.items())


def test_resumed_steps_are_the_uninterrupted_ones(first, weights, tmp_path, monkeypatch) -> None:
    options = ('--work-dir', tmp_path, '--resume', first / 'epoch_1.pth', '--cfg-options', *PLAIN, f'{KEY}={weights}')
    commands.run_here(monkeypatch, 'train', FROZEN, *options)
    assert commands.losses(tmp_path) == commands.losses(first)[2:]


@pytest.mark.wide
def test_the_second_stage_starts_where_the_first_ended(first, tmp_path, monkeypatch) -> None:
    """Without learning, all that it has from the first stage stays; with it, both halves of the encoder move."""
    load = f'load_from={first / "epoch_2.pth"}'
    for folder, rate in (('still', ['optim_wrapper.optimizer.lr=0']), ('moved', [])):
        options = ('--work-dir', tmp_path / folder, '--cfg-options', *PLAIN, load, *rate)
        commands.run_here(monkeypatch, 'train', JOINT, *options)
    old, still, moved = state(first), state(tmp_path / 'still'), state(tmp_path / 'moved')
    assert {name.split('.')[1] for name in still.keys() - old.keys()} == {'enc'} and not old.keys() - still.keys()
    weights = [name for name in old if name.endswith('weight') and old[name].dim() > 1]
    for name in weights:
        if '.teacher.' in name and '.encoder.' not in name:  # which still moves towards its student
            continue
        torch.testing.assert_close(still[name], old[name], rtol=1e-6, atol=1e-7, msg=name)
    encoders = [name for name in weights if '.encoder.' in name]
    assert {name.split('.')[1] for name in encoders} == {'student', 'teacher'}
    assert not [name for name in encoders if torch.equal(moved[name], old[name])]


@pytest.mark.slow
def test_two_processes(first, weights, tmp_path) -> None:
    """Half of the batch each make one run, to rounding."""
    drop, start = 'model.network.decoder.fpn.channel_dropout=0.0', f'{KEY}={weights}'
    commands.train(tmp_path / 'whole', '--cfg-options', start, drop, *PLAIN, config=FROZEN)
    options = ['--cfg-options', 'train_dataloader.batch_size=4', start, drop, *PLAIN]
    words = ['tools/train.py', FROZEN, '--launcher', 'pytorch', '--work-dir', tmp_path / 'halves', *options]
    commands.run_script(*words, processes=2)
    one, two = (state(tmp_path / name) for name in ('whole', 'halves'))
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=2e-3, atol=2e-5, msg=lambda m, name=name: f'{name}: {m}')


class TestRefusals:
    def test_no_first_stage(self, refusal) -> None:
        assert "load_from is 'gone.pth', where there is no checkpoint" in refusal(JOINT, 'load_from=gone.pth')

    def test_weights_of_an_encoder_alone(self, refusal, weights) -> None:
        message = refusal(JOINT, f'load_from={weights}')
        assert 'no checkpoint of a stage before this one' in message and 'model.network.encoder.init_cfg' in message

    def test_another_network(self, refusal, first) -> None:
        wider = 'model.network.encoder.base_channels=16'
        assert 'the model wants' in refusal(JOINT, f'load_from={first / "epoch_2.pth"}', wider)

    def test_another_branch_of_the_same_name(self, refusal, first) -> None:
        slots = 'model.branches.dec_p2.head.num_slots=9'
        assert 'branches.dec_p2.' in refusal(JOINT, f'load_from={first / "epoch_2.pth"}', slots)

    def test_a_frozen_encoder_without_weights(self, refusal) -> None:
        assert 'no weights to start from' in refusal(FROZEN, 'model.network.encoder.init_cfg=None')

    def test_weights_that_are_not_there(self, refusal) -> None:
        assert 'gone.pth' in refusal(FROZEN, f'{KEY}=gone.pth')
