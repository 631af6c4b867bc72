import logging

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmdecon.checkpoint import load_file
from mmdecon.config_text import read_config_text


def run(tmp_path, **options) -> Runner:
    cfg = Config.fromfile('tests/training/tiny.py')
    cfg.merge_from_dict(
        {
            'work_dir': str(tmp_path),
            'train_dataloader.num_workers': 0,
            'train_dataloader.persistent_workers': False,
            'experiment_name': tmp_path.name,
            **options,
        }
    )
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


def test_a_loss_that_is_not_finite_stops_the_run_and_saves_nothing(tmp_path) -> None:
    with pytest.raises(FloatingPointError, match=r"the loss of branch '\w+' is nan at iteration 2\. Lower"):
        run(tmp_path, **{'optim_wrapper.optimizer.lr': 1e30})
    assert not list(tmp_path.glob('*.pth'))


def test_no_checkpoint_of_broken_weights_between_two_looks(tmp_path) -> None:
    with pytest.raises(FloatingPointError, match='iteration 2'):
        run(tmp_path, **{'optim_wrapper.optimizer.lr': 1e30, 'custom_hooks.1.interval': 100})
    assert not list(tmp_path.glob('*.pth'))


def test_collapse_is_warned_of_once_a_branch(tmp_path, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        logger = logging.getLogger('mmengine')
        logger.propagate = True
        runner = run(tmp_path, **{'custom_hooks.1.collapsed_std': 5.0, 'custom_hooks.1.patience': 2})
    text = (tmp_path / runner.timestamp / f'{runner.timestamp}.log').read_text()
    for name in ('enc', 'dec_p2', 'dec_p4'):
        assert text.count(f"branch '{name}' has collapsed") == 1
    assert runner.message_hub.get_scalar('train/images_per_s').current() > 0


@pytest.mark.parametrize('slow', [0.0, 1e9])
def test_slow_steps_tell_how_long_the_run_takes(tmp_path, monkeypatch, slow: float) -> None:
    monkeypatch.setattr('mmdecon.hooks.health.SLOW', slow)
    runner = run(tmp_path)
    text = (tmp_path / runner.timestamp / f'{runner.timestamp}.log').read_text()
    assert text.count(' for the 2 left') == text.count('a step takes about') == (slow == 0)


def test_checkpoints_hold_nothing_that_must_be_trusted(tmp_path) -> None:
    runner = run(tmp_path)
    assert 'has collapsed' not in (tmp_path / runner.timestamp / f'{runner.timestamp}.log').read_text()
    checkpoint = load_file(str(tmp_path / 'epoch_2.pth'))
    assert read_config_text(checkpoint['meta']['cfg'])['model']['branches']['enc']['level'] == 'c5'
    assert checkpoint['meta']['iter'] == 4
    state = runner.model.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in checkpoint['state_dict'].items())
