"""Whatever the loop, the sampler, the workers and the moment: a resumed run is the uninterrupted one, or is refused."""

import random
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS
from torch.utils.data import Dataset

from tests.support import here
from tests.support.wide import sampled

CONFIG = here.ROOT / 'tests/training/tiny_any.py'
EXACT = ('mmdecon.ViewSampler', 'mmdecon.EndlessViewSampler')
WRAPPERS = ('', '', '', 'ConcatDataset', 'RepeatDataset', 'mmdecon.SeededDraws', 'Backwards')
OPEN = {True: [], False: ['InfiniteSampler'] * 2}  # an epoch of it has no end
LENGTH = 6  # iterations, in epochs of two, three or more


@DATASETS.register_module()
class Backwards(Dataset):
    """A wrapper that looks its indices up, and so loses their seeds."""

    def __init__(self, dataset: dict[str, Any]) -> None:
        self.dataset = DATASETS.build(dataset)

    def full_init(self) -> None:
        self.dataset.full_init()

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[[*range(len(self))][-1 - int(index)]]


class Case(NamedTuple):
    """One way to train, and where it is interrupted."""

    by_epoch: bool
    sampler: str
    wrapper: str
    workers: int
    persistent: bool
    passes: int
    drop_last: bool
    saved_by_epoch: bool
    moment: float  # which of the checkpoints, 0..1

    @property
    def keeps_its_draws(self) -> bool:
        """Whether sampler and dataset are ours, or wrappers that keep what our sampler says."""
        return self.sampler in EXACT and self.wrapper != 'Backwards'


def draw_case(seed: int) -> Case:
    """A case; those that can be exact are drawn more often than those that must be refused."""
    rng = random.Random(seed)
    by_epoch = rng.random() < 0.6
    workers = rng.choice([0, 0, 1, 2])
    return Case(
        by_epoch,
        rng.choice([*EXACT[: 1 if by_epoch else 2] * 4, 'DefaultSampler', *OPEN[by_epoch]]),
        rng.choice(WRAPPERS),
        workers,
        workers > 0 and rng.random() < 0.5,
        rng.choice([1, 1, 2]),
        rng.random() < 0.5,
        by_epoch and rng.random() < 0.4,
        rng.random(),
    )


def write_config(case: Case, path: Path) -> str:
    """The small config with what the case chooses; its path."""
    cfg = Config.fromfile(CONFIG)
    loader, folder = cfg.train_dataloader, cfg.train_dataloader.dataset
    loader.update(num_workers=case.workers, persistent_workers=case.persistent, drop_last=case.drop_last)
    loader.sampler.type = case.sampler
    if case.wrapper == 'ConcatDataset':
        loader.dataset = dict(type=case.wrapper, datasets=[folder, dict(folder, indices=3)])
    elif case.wrapper:
        twice = dict(times=2, dataset=dict(folder, indices=4)) if case.wrapper == 'RepeatDataset' else {}
        loader.dataset = dict(type=case.wrapper, dataset=folder) | twice
    if case.by_epoch:
        cfg.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=2)
    else:
        cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=LENGTH)
    cfg.optim_wrapper.accumulative_counts = case.passes
    cfg.default_hooks.checkpoint.update(interval=1, by_epoch=case.saved_by_epoch)
    cfg.log_processor.by_epoch = case.by_epoch
    cfg.dump(path)
    return str(path)


def check_case(case: Case, folder: Path) -> None:
    """Trains without a break, then again from one of the checkpoints."""
    config = write_config(case, folder / 'config.py')
    try:
        here.train(folder / 'whole', config=config)
    except SystemExit as refusal:
        assert not case.keeps_its_draws, refusal.code
        assert 'train_dataloader.' in refusal.code and 'resumed run would draw' in refusal.code
        return
    assert case.keeps_its_draws
    saved = sorted((folder / 'whole').glob('*.pth'), key=lambda file: int(file.stem.split('_')[1]))
    chosen = saved[int(case.moment * (len(saved) - 1))]
    try:
        here.train(folder / 'resumed', '--resume', str(chosen), config=config)
    except SystemExit as refusal:
        assert case.passes > 1 and 'between two passes' in refusal.code
        assert here.checkpoint(chosen)['meta']['iter'] % case.passes
        return
    whole, resumed = (here.checkpoint(folder / name / saved[-1].name) for name in ('whole', 'resumed'))
    for part in ('state_dict', 'optimizer', 'param_schedulers'):
        assert not here.unequal(whole[part], resumed[part], part), part
    assert whole['meta']['iter'] == resumed['meta']['iter'] and whole['meta']['epoch'] == resumed['meta']['epoch']


@pytest.mark.parametrize('seed', sampled(range(4), 2))
def test_some(seed: int, tmp_path: Path) -> None:
    check_case(draw_case(seed), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(4, 44))
def test_many(seed: int, tmp_path: Path) -> None:
    check_case(draw_case(seed), tmp_path)


def test_the_draws_cover_what_matters() -> None:
    cases = [draw_case(seed) for seed in range(44)]
    assert {case.sampler for case in cases} == {*EXACT, 'DefaultSampler', 'InfiniteSampler'}
    assert {case.wrapper for case in cases} == {*WRAPPERS}
    kept = [case for case in cases if case.keeps_its_draws and case.passes == 1]
    assert len(kept) >= 15 and {(case.by_epoch, case.saved_by_epoch) for case in kept} == {
        (True, True),
        (True, False),
        (False, False),
    }
