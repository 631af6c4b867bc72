"""A resumed run is the run of its checkpoint: converted where that can be done, else refused with the remedy."""

import math
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmdecon.schedules import SCHEDULES, Clock, Part, rise
from tests.support import here

LENGTH, BATCH = 'train_cfg.max_epochs=', 'train_dataloader.batch_size='
WHOLE = 4  # iterations of the uninterrupted run, two an epoch
BASE = (*here.ALONE, 'param_scheduler.0.T_max=None')  # a schedule that ends with the run


@pytest.fixture(scope='module')
def whole(tmp_path_factory) -> Path:
    """The work folder of two epochs of two iterations."""
    folder = tmp_path_factory.mktemp('whole')
    here.train(folder, options=BASE)
    return folder


@pytest.fixture
def half(whole, tmp_path) -> Path:
    """The same, interrupted after the first epoch."""
    folder = tmp_path / 'half'
    folder.mkdir()
    shutil.copy(whole / 'epoch_1.pth', folder)
    (folder / 'last_checkpoint').write_text(str(folder / 'epoch_1.pth'))
    return folder


def resume(folder: Path, *options: str, arguments: tuple[str, ...] = ()) -> list[dict]:
    """Goes on from the last checkpoint; what was logged."""
    here.train(folder, '--resume', *arguments, options=(*BASE, *options))
    return here.rows(folder)


def refusal(folder: Path, *options: str, arguments: tuple[str, ...] = ('--resume',)) -> str:
    """What the run is refused with; nothing was trained or overwritten."""
    before = {file: file.stat().st_mtime_ns for file in folder.rglob('*') if file.suffix == '.pth'}
    with pytest.raises(SystemExit) as end:
        here.train(folder, *arguments, options=(*BASE, *options))
    assert isinstance(end.value.code, str) and '\n' not in end.value.code
    assert {file: file.stat().st_mtime_ns for file in folder.rglob('*') if file.suffix == '.pth'} == before
    return end.value.code


def rate(progress: float, base: float = 0.1) -> float:
    """The cosine from the base rate to 0."""
    return base * (1 + math.cos(math.pi * progress)) / 2


def check_schedules(rows: list[dict], first: int, total: int, base: float = 0.1) -> None:
    """Rate and EMA momentum of each iteration from ``first`` on are those of a run of ``total``."""
    assert len(rows) == total - first
    for step, row in enumerate(rows, first):
        assert row['lr'] == pytest.approx(rate(step / total, base), rel=1e-6), step
        assert row['momentum/encoder'] == pytest.approx(rise(step / total, 0.9), rel=1e-6), step


class TestAnotherBatch:
    def test_as_it_was(self, half) -> None:
        check_schedules(resume(half), 2, 4)

    @pytest.mark.parametrize('batch, first, total', [(4, 4, 8), (16, 1, 2)])
    def test_is_converted_by_epochs(self, half, batch, first, total) -> None:
        """One epoch of two is done, whatever an epoch has: rate and momentum are half way."""
        check_schedules(resume(half, f'{BATCH}{batch}'), first, total)
        assert f'1 process(es) x 8 images, 2 iterations an epoch -> 1 process(es) x {batch} images' in here.said(half)
        state = here.checkpoint(half / 'epoch_2.pth')
        assert state['meta']['iter'] == total and state['meta']['run']['batch'] == batch

    def test_its_rate_is_scaled(self, half) -> None:
        check_schedules(resume(half, f'{BATCH}16', arguments=('--auto-scale-lr',)), 1, 2, base=0.2)

    def test_scaling_the_rate_of_the_same_batch_is_refused(self, half) -> None:
        base = 'auto_scale_lr.base_batch_size=4'
        message = refusal(half, base, arguments=('--resume', '--auto-scale-lr'))
        assert 'would start at 0.2' in message and 'did at 0.1' in message and 'load_from' in message

    def test_accumulation_moves_no_schedule(self, half) -> None:
        rows = resume(half, 'optim_wrapper.accumulative_counts=2')
        assert [row['lr'] for row in rows] == pytest.approx([rate(step / 4) for step in (2, 3)])
        moved_once = [rise(2 / 4, 0.9)] * 2  # teachers move once an optimiser step
        assert [row['momentum/encoder'] for row in rows] == pytest.approx(moved_once)

    def test_a_place_between_passes_is_refused(self, half) -> None:
        message = refusal(half, 'optim_wrapper.accumulative_counts=4')
        assert 'between two passes' in message and 'that 4 divides' in message


@pytest.mark.parametrize(
    'option, words',
    [
        ('optim_wrapper.optimizer.lr=0.5', ['optim_wrapper.optimizer.lr is 0.5, in the checkpoint 0.1', 'load_from=']),
        ('optim_wrapper.optimizer.weight_decay=0.1', ['optimizer.weight_decay is 0.1', 'load_from=']),
        ('param_scheduler.0.eta_min=0.01', ['param_scheduler.0.eta_min is 0.01, in the checkpoint None']),
        ('randomness.seed=9', ['the seed 3, here it is 9', 'set randomness.seed=3']),
        ('train_dataloader.dataset.indices=12', ['a run on 16 images, here are 12']),
        ('train_dataloader.sampler.shuffle=False', ['train_dataloader.sampler.shuffle is False']),
        ('model.branches.enc.head.num_slots=9', ['another model', 'branches.enc.', 'shape (8,', 'wants (9,']),
        ('model.network.encoder.depth=34', ['another model', 'network.student.encoder.layer1.2', 'is missing']),
        (f'{LENGTH}4', ['train_cfg.max_epochs=2, 1 of them done, here it is 4', '--extend', 'load_from=']),
    ],
)
def test_another_run_is_refused(half, option, words) -> None:
    message = refusal(half, option)
    assert all(word in message for word in words), message


def test_a_branch_more_is_refused(half) -> None:
    more, slots = 'model.branches.more', 'num_slots=8'
    parts = [f'{more}.level=p3', f'{more}.weight=0.5', f'{more}.head.type=mmdecon.SlotHead', f'{more}.head.{slots}']
    message = refusal(half, *parts, f'{more}.objective.type=mmdecon.SlotConObjective')
    assert 'another model' in message and 'branches.more.' in message and 'is missing' in message


def test_what_takes_effect_is_said(half) -> None:
    resume(half, 'model.branches.enc.weight=0.75')
    assert 'model.branches.enc.weight: 0.5 -> 0.75' in here.said(half)


class TestAnotherLength:
    def test_extended_on_the_schedules_of_the_new_length(self, half) -> None:
        check_schedules(resume(half, f'{LENGTH}3', arguments=('--extend',)), 2, 6)
        said = here.said(half)
        assert 'before: learning rate 0.05, EMA momentum 0.95; now: learning rate 0.075, EMA momentum 0.925' in said

    def test_a_finished_run(self, whole, tmp_path) -> None:
        folder = tmp_path / 'longer'
        shutil.copytree(whole, folder)
        check_schedules(resume(folder, f'{LENGTH}3', arguments=('--extend',)), 4, 6)

    def test_a_schedule_that_ends_before(self, half) -> None:
        period = 'param_scheduler.0.T_max=2'
        message = refusal(half, f'{LENGTH}4', period, arguments=('--resume', '--extend'))
        assert 'param_scheduler.0.T_max ends at 4 of 8' in message and 'new length' in message


class TestFolder:
    def test_no_last_checkpoint(self, half) -> None:
        (half / 'last_checkpoint').unlink()
        message = refusal(half)
        assert 'holds epoch_1.pth' in message and f'--resume {half}/epoch_1.pth' in message

    @pytest.mark.parametrize('gone', [True, False], ids=['moved', 'copied'])
    def test_from_before_it_was_moved(self, half, gone, tmp_path) -> None:
        """It goes on with its own file, not with the one in the folder that it came from."""
        new = tmp_path / 'new'
        shutil.copytree(half, new)
        if gone:
            shutil.rmtree(half)
        else:
            (half / 'epoch_1.pth').write_bytes(b'another run')
        assert len(resume(new)) == 2
        assert not (half / 'epoch_2.pth').exists()

    def test_last_checkpoint_that_is_gone(self, half) -> None:
        (half / 'last_checkpoint').write_text('work_dirs/old/epoch_7.pth')
        message = refusal(half)
        assert 'epoch_7.pth, which is not in' in message and 'holds epoch_1.pth' in message

    def test_a_fresh_run_over_a_finished_one(self, half) -> None:
        message = refusal(half, arguments=())
        assert all(word in message for word in ('holds epoch_1.pth', '--resume', '--work-dir', '--overwrite'))

    def test_overwriting_when_told_so(self, half) -> None:
        here.train(half, '--overwrite', options=BASE)
        check_schedules(here.rows(half), 0, 4)

    def test_cut_off_while_written(self, half) -> None:
        content = (half / 'epoch_1.pth').read_bytes()
        (half / 'epoch_1.pth').write_bytes(content[: len(content) // 2])
        assert 'cut off while it was written' in refusal(half)

    def test_no_best_checkpoint_of_another_folder_is_removed(self, half, tmp_path) -> None:
        state = here.checkpoint(half / 'epoch_1.pth')
        state['message_hub']['runtime_info']['best_ckpt'] = '/elsewhere/best_mIoU_epoch_1.pth'
        state['message_hub']['resumed_keys']['best_ckpt'] = True
        torch.save(state, half / 'epoch_1.pth')
        resume(half)
        hub = here.checkpoint(half / 'epoch_2.pth')['message_hub']
        assert hub['runtime_info']['best_ckpt'] == str(half / 'best_mIoU_epoch_1.pth')


class TestTheHookAlone:
    """What other tools have, such as mmpretrain's: the hook of the config."""

    def build(self, folder: Path, **keys: Any) -> Runner:
        cfg = Config.fromfile(here.ROOT / here.CONFIG)
        cfg.param_scheduler[0].T_max = None
        cfg.train_dataloader.update(num_workers=0, persistent_workers=False)
        cfg.custom_hooks = [dict(type='mmdecon.CheckStart'), *cfg.custom_hooks]
        cfg.update(work_dir=str(folder), experiment_name=str(uuid4()), **keys)
        return Runner.from_cfg(cfg)

    def test_resumes_in_its_own_folder(self, half, tmp_path) -> None:
        new = tmp_path / 'new'
        shutil.copytree(half, new)
        self.build(new, resume=True).train()
        check_schedules(here.rows(new), 2, 4)
        assert not (half / 'epoch_2.pth').exists()

    def test_overwrites_nothing(self, half) -> None:
        with pytest.raises(ValueError, match='which a new one would overwrite'):
            self.build(half).train()

    def test_refuses_another_seed(self, half) -> None:
        with pytest.raises(ValueError, match='the seed 3, here it is 9'):
            self.build(half, resume=True, randomness=dict(seed=9)).train()

    def test_refuses_weights_that_do_not_fit(self, tmp_path) -> None:
        torch.save(dict(state_dict=dict(x=torch.zeros(3))), tmp_path / 'other.pth')
        with pytest.raises(ValueError, match='is missing'):
            self.build(tmp_path / 'work', load_from=str(tmp_path / 'other.pth')).train()


@pytest.mark.parametrize('name', SCHEDULES)
@pytest.mark.parametrize('side', ['encoder', 'decoder'])
def test_no_momentum_schedule_leaves_its_range(name, side) -> None:
    part = Part(side, 'projector')
    end = SCHEDULES[name](Clock(100, 100), 0.9, part)
    for step in (101, 130, 250, 10_000):
        assert SCHEDULES[name](Clock(step, 100), 0.9, part) == pytest.approx(end, abs=1e-3)


class TestLoadFrom:
    def test_nothing_that_fits(self, tmp_path) -> None:
        torch.save(dict(state_dict=dict(x=torch.zeros(3))), tmp_path / 'other.pth')
        message = refusal(tmp_path / 'work', f'load_from={tmp_path}/other.pth', arguments=())
        assert 'load_from' in message and 'is missing' in message and 'init_cfg' in message

    def test_a_new_run_from_the_weights_of_another(self, half, tmp_path) -> None:
        """The remedy of every refusal above: schedules start anew, with another batch."""
        here.train(tmp_path / 'work', options=(*BASE, f'load_from={half}/epoch_1.pth', f'{BATCH}16'))
        check_schedules(here.rows(tmp_path / 'work'), 0, 2)
