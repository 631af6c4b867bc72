"""Bad input ends the tool with one sentence, before any training step."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pytest
import torch

from mmdecon.registry import MODELS
from tests.support import commands

DATA = 'train_dataloader.dataset'


@pytest.fixture
def refusal(tmp_path, monkeypatch) -> Callable[..., str]:
    """Runs tools/train.py with options and returns its error."""
    return partial(commands.refusal, monkeypatch, tmp_path / 'work', commands.CONFIG)


@pytest.fixture
def images(tmp_path):
    """A folder of 16 images, one of them cut short."""
    folder = tmp_path / 'images'
    folder.mkdir()
    for i in range(16):
        cv2.imwrite(str(folder / f'{i:02}.png'), np.full((40, 50, 3), 10 * i, np.uint8))
    (folder / '07.png').write_bytes((folder / '07.png').read_bytes()[:20])
    return folder


def test_no_images(refusal, tmp_path) -> None:
    (tmp_path / 'empty').mkdir()
    message = refusal(f'{DATA}.folders={tmp_path}/empty')
    assert f'{tmp_path}/empty' in message and '.jpg' in message


def test_no_folder(refusal, tmp_path) -> None:
    assert f'{tmp_path}/gone' in refusal(f'{DATA}.folders={tmp_path}/gone')


def test_unreadable_image(refusal, images) -> None:
    message = refusal(f'{DATA}.folders={images}')
    assert '07.png' in message and "dataset.unreadable='skip'" in message


def test_unreadable_image_skipped(images, tmp_path) -> None:
    options = [f'{DATA}.folders={images}', f'{DATA}.unreadable=skip', 'train_dataloader.batch_size=5']
    printed = commands.train(tmp_path / 'work', '--cfg-options', *options)
    assert '1 of 16 images cannot be read' in printed and '07.png' in printed
    assert len(commands.losses(tmp_path / 'work')) == 6


@pytest.mark.parametrize(
    'options, words',
    [
        (['train_dataloader.dataset.pipeline.1.scale=(0.1,1.5)'], ['TwoViews.scale=(0.1, 1.5)', 'cannot be larger']),
        (['model.branches.dec_p2.level=p7'], ["level 'p7' does not exist", 'model.branches.<name>.level']),
        (['model.branches.enc.weight=0.0'], ['weight is 0.0, must be > 0']),
        (['model.momentum.schedule=linear'], ['model.momentum.schedule', 'published_decon']),
        (['train_dataloader.batch_size=17'], ['16 images do not fill one batch']),
    ],
)
def test_configs_that_cannot_work(refusal, options, words) -> None:
    message = refusal(*options)
    assert all(word in message for word in words), message


ENCODER = 'model.network.encoder.init_cfg'


@pytest.mark.parametrize('place, options', [('load_from', []), (ENCODER, [f'{ENCODER}.type=Pretrained'])])
def test_a_checkpoint_of_no_bytes(refusal, tmp_path, place: str, options: list[str]) -> None:
    (tmp_path / 'empty.pth').touch()
    key = place if place == 'load_from' else f'{place}.checkpoint'
    message = refusal(*options, f'{key}={tmp_path}/empty.pth')
    assert f'empty.pth ({place}) cannot be read as a checkpoint: it is empty (0 bytes); take another' in message


def test_weights_for_another_backbone(refusal, tmp_path) -> None:
    other = MODELS.build(dict(type='mmpretrain.ResNet', depth=50, base_channels=8))
    torch.save(dict(state_dict=other.state_dict()), tmp_path / 'r50.pth')
    message = refusal(f'{ENCODER}.type=Pretrained', f'{ENCODER}.checkpoint={tmp_path}/r50.pth')
    assert 'does not hold the weights of ResNet' in message and 'model.network.encoder.init_cfg' in message
