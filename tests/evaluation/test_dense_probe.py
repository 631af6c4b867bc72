"""The hook: what it tells, and that training does not notice it."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import mmcv
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from tests.evaluation.nuclei import part
from tests.support import commands
from tests.support.pair import joined, run_in_both

PROBE = dict(
    type='mmdecon.DenseProbe',
    train=part('train_4', 2),
    val=part('val', 2),
    interval=1,
    options=dict(cells=200),
)
KEYS = {
    f'probe/p2/{method}_{metric}' for method in ('knn', 'linear') for metric in ('mIoU', 'foreground_mIoU', 'accuracy')
}


def build(work_dir: Path, hook: dict[str, Any] | None = None, **options: Any) -> Runner:
    """The small run, in this process; its decoder drops channels."""
    cfg = Config.fromfile('tests/training/tiny.py')
    plain = {'train_dataloader.num_workers': 0, 'train_dataloader.persistent_workers': False}
    cfg.merge_from_dict({'work_dir': str(work_dir), 'experiment_name': str(uuid4()), **plain, **options})
    # the generators run through: without its seeding of each step, a probe that drew anything would be noticed
    cfg.custom_hooks = [one for one in cfg.custom_hooks if one['type'] != 'mmdecon.SeedEachStep']
    cfg.custom_hooks += [hook] if hook else []
    return Runner.from_cfg(cfg)


def logged(work_dir: Path) -> list[dict[str, Any]]:
    return [row for row in commands.losses(work_dir) if 'loss' in row]


@pytest.fixture(scope='module')
def probed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Runner]:
    folder = tmp_path_factory.mktemp('probed')
    best = {'default_hooks.checkpoint.save_best': 'probe/p2/knn_mIoU'}
    runner = build(folder, PROBE, **best)
    runner.train()
    return folder, runner


def test_training_does_not_notice_it(probed: tuple[Path, Runner], tmp_path: Path) -> None:
    folder, runner = probed
    plain = build(tmp_path)
    plain.train()
    assert logged(folder) == logged(tmp_path)
    ours, theirs = runner.model.state_dict(), plain.model.state_dict()
    assert not [name for name, value in ours.items() if not torch.equal(value, theirs[name])]
    assert [m.training for m in runner.model.modules()] == [m.training for m in plain.model.modules()]


def test_it_tells_before_training_after_each_epoch_and_at_the_end(probed: tuple[Path, Runner]) -> None:
    folder, runner = probed
    points = json.loads((folder / 'probe.json').read_text())
    assert [(point['epoch'], point['iter']) for point in points] == [(0, 0), (1, 2), (2, 4)]
    assert all(set(point['scores']) == KEYS for point in points)
    rows = [row for row in commands.losses(folder) if 'loss' not in row]
    assert [row['step'] for row in rows] == [0, 2, 4] and set(rows[0]) == KEYS | {'step'}
    assert runner.message_hub.get_scalar('probe/p2/knn_mIoU').current() == points[-1]['scores']['probe/p2/knn_mIoU']
    assert mmcv.imread(str(folder / 'probe.png')).shape == (300, 420, 3)


def test_the_checkpoint_hook_keeps_the_best(probed: tuple[Path, Runner]) -> None:
    folder, runner = probed
    points = json.loads((folder / 'probe.json').read_text())
    best = max(points, key=lambda point: point['scores']['probe/p2/knn_mIoU'])
    (kept,) = folder.glob('best_*.pth')
    assert kept.name == f'best_probe_p2_knn_mIoU_epoch_{best["epoch"]}.pth'
    whole = [torch.load(path, weights_only=True) for path in (kept, folder / 'epoch_2.pth')]
    assert whole[0]['meta']['epoch'] == best['epoch'] and whole[1]['meta']['epoch'] == 2


def test_a_resumed_run_goes_on_with_its_curves(probed: tuple[Path, Runner], tmp_path: Path) -> None:
    folder, _ = probed
    points = json.loads((folder / 'probe.json').read_text())
    (tmp_path / 'probe.json').write_text(json.dumps(points[:2]))
    runner = build(tmp_path, PROBE, resume=True, load_from=str(folder / 'epoch_1.pth'))
    runner.train()
    again = json.loads((tmp_path / 'probe.json').read_text())
    assert [point['iter'] for point in again] == [0, 2, 4] and again[:2] == points[:2]


def test_loops_of_iterations_count_iterations(tmp_path: Path) -> None:
    loop = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=3)
    hook = dict(PROBE, interval=2, levels=['c5'], options=dict(cells=50, methods=['knn']))
    build(
        tmp_path, hook, train_cfg=loop, **{'default_hooks.checkpoint.by_epoch': False, 'log_processor.by_epoch': False}
    ).train()
    assert [point['iter'] for point in json.loads((tmp_path / 'probe.json').read_text())] == [0, 2, 3]


def work(rank: int, folder: str) -> None:
    """One of two processes."""
    with joined(rank, folder):
        hook = dict(PROBE, options=dict(cells=50, methods=['knn']))
        wrapper = dict(type='MMDistributedDataParallel', broadcast_buffers=False, device_ids=None)
        best = {'default_hooks.checkpoint.save_best': 'probe/p2/knn_mIoU'}
        runner = build(Path(folder, 'both'), hook, launcher='pytorch', model_wrapper_cfg=wrapper, **best)
        runner.train()
        found = runner.message_hub.get_scalar('probe/p2/knn_mIoU').current()
        Path(folder, f'{rank}.txt').write_text(f'{found} {runner.message_hub.get_info("best_score")}')


@pytest.mark.wide
def test_two_processes_know_the_same(tmp_path: Path) -> None:
    (tmp_path / 'both').mkdir()
    run_in_both(work, str(tmp_path))
    assert (tmp_path / '0.txt').read_text() == (tmp_path / '1.txt').read_text()
    assert len(json.loads((tmp_path / 'both' / 'probe.json').read_text())) == 3


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (dict(levels=['p9']), r"'p9' cannot be probed: DenseProbe.levels: the network has c2"),
        (dict(interval=0), 'DenseProbe has interval=0'),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        build(tmp_path, dict(PROBE, **options)).train()


def test_a_score_that_it_does_not_give_cannot_choose(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"save_best has 'probe/p3/knn_mIoU'; mmdecon.DenseProbe gives probe/p2"):
        build(tmp_path, PROBE, **{'default_hooks.checkpoint.save_best': 'probe/p3/knn_mIoU'}).train()
