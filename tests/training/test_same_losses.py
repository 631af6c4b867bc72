"""One config, several ways to run it; mim and mmpretrain's own tool are compared in tests/install."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support import commands


@pytest.fixture(scope='module')
def ours(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('ours')
    commands.train(folder)
    return folder


def test_four_iterations_are_logged_in_full(ours) -> None:
    rows = commands.losses(ours)
    assert len(rows) == 4
    assert {
        'loss',
        'loss_enc',
        'loss_dec_p2',
        'enc/distil',
        'dec_p4/std',
        'momentum/decoder',
        'overlapping',
        'lr',
    } <= set(rows[0])
    assert rows[0]['momentum/encoder'] == pytest.approx(0.9)
    assert rows[0]['loss'] == pytest.approx(sum(rows[0][f'loss_{name}'] for name in ('enc', 'dec_p2', 'dec_p4')))


def test_workers_change_nothing(ours, tmp_path) -> None:
    none = ['train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False']
    commands.train(tmp_path, '--cfg-options', *none)
    assert commands.losses(tmp_path) == commands.losses(ours)


def test_resumed_steps_are_the_uninterrupted_ones(ours, tmp_path) -> None:
    """Two steps, a new process, two steps: model, teachers, centres and optimiser to the last bit."""
    commands.train(tmp_path, '--resume', str(ours / 'epoch_1.pth'))
    assert commands.losses(tmp_path) == commands.losses(ours)[2:]
    resumed, whole = (torch.load(folder / 'epoch_2.pth', weights_only=True) for folder in (tmp_path, ours))
    for part in ('state_dict', 'optimizer'):
        assert_equal(resumed[part], whole[part], part)


def test_two_processes(ours, tmp_path) -> None:
    """Half of the batch each; SyncBN, gathered slots and shared centres make them one."""
    both = ['model.network.decoder.fpn.channel_dropout=0.0', 'randomness.seed=4']  # of 3, a ReLU tips by a rounding
    options = ['--cfg-options', 'train_dataloader.batch_size=4', *both]
    whole, halves = tmp_path / 'whole', tmp_path / 'halves'
    commands.train(whole, '--cfg-options', *both)
    words = ['tools/train.py', commands.CONFIG, '--launcher', 'pytorch', '--work-dir', halves, *options]
    commands.run_script(*words, processes=2)
    one, two = (torch.load(folder / 'epoch_2.pth', weights_only=True)['state_dict'] for folder in (whole, halves))
    assert one.keys() == two.keys()
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=2e-3, atol=2e-5, msg=lambda m, name=name: f'{name}: {m}')


def assert_equal(a: Any, b: Any, where: str) -> None:
    """Compares nested containers bit for bit."""
    if isinstance(a, torch.Tensor):
        assert torch.equal(a, b), where
    elif isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_equal(a[key], b[key], f'{where}.{key}')
    elif isinstance(a, list):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b)):
            assert_equal(x, y, f'{where}.{i}')
    else:
        assert a == b, where
