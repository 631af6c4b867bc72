"""A run that is no longer than its warm-up is refused with both lengths and the keys, or warned of."""

from functools import partial

import pytest
from mmengine.config import Config

from tests.support import commands, here

WARM_UP = dict(type='LinearLR', start_factor=0.1)
COSINE = dict(type='CosineAnnealingLR', eta_min=0.0)


@pytest.fixture
def config(tmp_path):
    """Writes a config of 8 images in batches of 3, with other schedules and another length."""

    def write(schedules: list[dict], **length: object) -> str:
        cfg = Config.fromfile(here.ROOT / 'tests/training/tiny_any.py')
        cfg.param_scheduler = schedules
        cfg.train_cfg = length
        if 'max_iters' in length:
            cfg.train_dataloader.sampler.type = 'mmdecon.EndlessViewSampler'
        cfg.dump(tmp_path / 'config.py')
        return str(tmp_path / 'config.py')

    return write


EPOCHS, STEPS = dict(by_epoch=True, convert_to_iter_based=True), dict(by_epoch=False)


@pytest.mark.parametrize(
    'schedules, length, words',
    [
        (
            [dict(WARM_UP, end=5, **EPOCHS), dict(COSINE, begin=5, **EPOCHS)],
            dict(by_epoch=True, max_epochs=5),
            'param_scheduler.1.begin=5 (CosineAnnealingLR) is epoch 5, where param_scheduler.0.end=5 ends the warm-up, '
            'but the run has train_cfg.max_epochs=5: nothing is left for it; make the run longer, or lower '
            'param_scheduler.0.end and param_scheduler.1.begin',
        ),
        (
            [dict(WARM_UP, end=2, **STEPS), dict(COSINE, begin=6, **STEPS)],
            dict(by_epoch=True, max_epochs=2),
            'param_scheduler.1.begin=6 (CosineAnnealingLR) is iteration 6, but the run has train_cfg.max_epochs=2, 4 '
            'iterations: nothing is left for it; make the run longer, or lower param_scheduler.1.begin',
        ),
        (
            [dict(WARM_UP, end=2, **STEPS), dict(COSINE, begin=2, **STEPS)],
            dict(by_epoch=False, max_iters=1),
            'is iteration 2, where param_scheduler.0.end=2 ends the warm-up, but the run has train_cfg.max_iters=1: ',
        ),
        (
            [dict(COSINE, by_epoch=True)],
            dict(by_epoch=False, max_iters=1),
            'param_scheduler.0 (CosineAnnealingLR) counts epochs, which IterBasedTrainLoop (train_cfg.type) does not '
            'have: it would never step; set param_scheduler.0.by_epoch=False',
        ),
    ],
    ids=['epochs', 'iterations of epochs', 'iterations', 'epochs without epochs'],
)
def test_what_has_no_room_is_refused(config, monkeypatch, tmp_path, schedules, length, words) -> None:
    refusal = partial(commands.refusal, monkeypatch, tmp_path / 'work')
    assert words in refusal(config(schedules, **length))


def test_a_run_that_is_cut_short_is_warned_of(config, tmp_path) -> None:
    schedules = [dict(WARM_UP, end=2, **STEPS), dict(COSINE, begin=2, end=9, **STEPS)]
    here.train(tmp_path / 'work', config=config(schedules, by_epoch=False, max_iters=1))
    assert 'but the run has train_cfg.max_iters=1: it never begins; lower param_scheduler.0.end' in here.said(
        tmp_path / 'work'
    )


def test_an_epoch_more_than_the_warm_up_is_enough(config, tmp_path) -> None:
    schedules = [dict(WARM_UP, end=1, **EPOCHS), dict(COSINE, begin=1, **EPOCHS)]
    here.train(tmp_path / 'work', config=config(schedules, by_epoch=True, max_epochs=2))
    assert len(here.rows(tmp_path / 'work')) == 4
