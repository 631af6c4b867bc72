"""Runs are started once, told apart by what they are, and collected; with a stand-in for training."""

import fcntl
import json
import shutil
import time
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

from mmdecon.checkpoint import load_file
from mmdecon.cli import load_config
from mmdecon.transfer import Settings, Trainer, compare, list_runs
from mmdecon.transfer.results import read_evaluations
from mmdecon.transfer.run import command
from mmdecon.transfer.settings import Launcher

from ..test_configs import NUCLEI
from .conftest import ROOT


class Tool:
    """The stand-in, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path, self.fail, self.log = folder / 'train.py', folder / 'fail', folder / 'started'
        shutil.copy(ROOT / 'tests/transfer/stand_in.py', self.path)
        self.fail.touch()

    def compare(self, settings: Settings, renew: bool = False, jobs: int = 2) -> str:
        return compare(settings, Trainer(self.path, jobs, say=lambda line: None), renew)

    def started(self) -> list[str]:
        """Folders of the runs since the last call."""
        lines = self.log.read_text().split('\n')[:-1] if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    folder = tmp_path / 'tool'
    folder.mkdir()
    return Tool(folder)


@pytest.fixture
def small(given: dict, read: Callable) -> Callable[..., Settings]:
    """Settings with two starts, one number of labels and two seeds."""
    starts = dict(random=dict(), both=given['starts']['both'])
    return lambda **changes: read(given, **{**dict(starts=starts, labels=[4]), **changes})


def test_what_is_finished_is_not_done_again(small, tool):
    text = tool.compare(small())
    assert '| nuclei | mIoU | 4 | 2 | 11.0 ± 0.0 | 11.0 ± 0.0 |' in text
    assert '| nuclei | mIoU | 4 | both | random | +0.0 ± 0.0 | 0 of 2 |' in text
    assert len(tool.started()) == 4
    settings = small(seeds=[0, 1, 2], keep_checkpoints=False)
    assert [line for line in list_runs(settings) if line.startswith('to do')] == [
        f'to do: runs/nuclei/{start}/4_labels/seed_2, rate 0.003' for start in ('random', 'both')
    ]
    content = json.loads((settings.work_dir / 'transfer.json').read_text())
    tool.compare(settings)
    assert sorted(Path(one).name for one in tool.started()) == ['seed_2', 'seed_2']
    assert len(list(settings.work_dir.rglob('iter_8.pth'))) == 4
    again = json.loads((settings.work_dir / 'transfer.json').read_text())
    assert len(again['runs']) == 6 and all(row in again['runs'] for row in content['runs'])
    assert all((settings.work_dir / name).stat().st_size for name in ('table.md', 'bars.png', 'curves.png'))


@pytest.mark.wide
def test_other_options_are_not_mixed(small, tool, given):
    tool.compare(small())
    tool.started()
    protocol = dict(given['protocols']['nuclei'], options={'train_cfg.max_iters': 6})
    changed = small(protocols=dict(nuclei=protocol))
    said = r'seed_0 holds a run with config.train_cfg.max_iters=8, now it is 6: set it back, .* --renew'
    with pytest.raises(ValueError, match=said):
        tool.compare(changed)
    assert not tool.started()
    back = small(starts=dict(random=dict(), both=dict(given['starts']['both'], half='student')))
    with pytest.raises(ValueError, match='both/4_labels/seed_0 holds a run with start_sha256='):
        tool.compare(back)
    assert not tool.started()
    tool.compare(back, renew=True)
    assert [Path(one).parts[-3] for one in tool.started()] == ['both', 'both']


def test_a_failed_run_is_told_and_tried_again(small, tool):
    tool.fail.write_text('1')
    with pytest.raises(ValueError, match=r'2 of 4 runs failed, the others are kept; .* this run was told to fail'):
        tool.compare(small())
    assert len(tool.started()) == 4
    tool.fail.write_text('')
    tool.compare(small())
    assert [Path(one).name for one in tool.started()] == ['seed_1', 'seed_1']


@pytest.mark.wide
def test_the_rate_is_chosen_where_nothing_is_reported(small, tool):
    rates = [dict(new=1e-3, pretrained=1e-4), dict(new=2e-3, pretrained=1e-4)]
    settings = small(rates=rates, tune=dict(seeds=[7], val=0.25), labels=['all'])
    text = tool.compare(settings)
    assert len(tool.started()) == 4 + 4
    content = json.loads((settings.work_dir / 'transfer.json').read_text())
    assert [one['rate'] for one in content['rates']] == [dict(new=2e-3, pretrained=p) for p in (2e-3, 1e-4)]
    assert {row['score'] for row in content['runs']} == {10.0} and 'at an end of those tried' in text
    tuning = Config.fromfile(next(settings.work_dir.glob('tuning/nuclei/both/*/rate_0.001*/seed_7/config.py')))
    learnt = Path(tuning.train_dataloader.dataset.dataset.ann_file).read_text().split()
    scored = Path(tuning.val_dataloader.dataset.ann_file).read_text().split()
    train = (ROOT / 'tests/data/nuclei/ImageSets/Segmentation/train_16.txt').read_text().split()
    assert sorted(learnt + scored) == train and len(scored) == 4
    assert tuning.val_dataloader.dataset.pipeline == tuning.test_pipeline
    assert tuning.optim_wrapper.paramwise_cfg.custom_keys['backbone.'].lr_mult == pytest.approx(0.1)
    reported = Config.fromfile(next(settings.work_dir.glob('runs/nuclei/both/*/seed_0/config.py')))
    assert reported.val_dataloader.dataset.ann_file == 'ImageSets/Segmentation/val.txt'
    assert reported.train_dataloader.dataset.dataset.ann_file == 'ImageSets/Segmentation/train_16.txt'


def test_a_line_that_a_kill_cut_off_is_left_out(small, tool):
    settings = small()
    tool.compare(settings)
    run = settings.work_dir / 'runs/nuclei/random/4_labels/seed_0'
    (run / 'result.json').unlink()
    cut = run / 'stamp/vis_data/scalars.json'
    cut.write_text(cut.read_text() + '{"mIoU": 9')
    assert [one['step'] for one in read_evaluations(run, 'mIoU')] == [4, 8]
    with pytest.raises(ValueError, match="has not measured 'AP', but has logged loss, mIoU, step, time"):
        read_evaluations(run, 'AP')


def test_a_start_that_does_not_fit_is_refused_before_any_run(small, tool, given):
    narrow = dict(given['protocols']['nuclei'], options={'model.neck.out_channels': 12})
    with pytest.raises(ValueError, match='neck.lateral_convs.0.conv.weight is'):
        tool.compare(small(protocols=dict(nuclei=narrow)))
    unread = dict(given['protocols']['nuclei'], options={'channels': 12})
    with pytest.raises(ValueError, match=r"protocols.nuclei.options.'channels' is nothing that a run reads"):
        tool.compare(small(protocols=dict(nuclei=unread)))
    assert not tool.started()


def test_weights_of_another_library_fill_a_part(small, tool, tmp_path, given):
    cfg = Config.fromfile(given['protocols']['nuclei']['config'])
    state = MODELS.build(dict(cfg.model.backbone, type='mmseg.ResNet')).state_dict()
    torch.save(dict(state, **{'fc.weight': torch.zeros(3, 64)}), tmp_path / 'classifier.pth')
    settings = small(starts=dict(supervised=dict(weights=str(tmp_path / 'classifier.pth'))), seeds=[0])
    tool.compare(settings)
    made = load_file(str(settings.work_dir / 'starts/nuclei/supervised.pth'))['state_dict']
    assert made.keys() == {f'backbone.{name}' for name in state}
    run = Config.fromfile(settings.work_dir / 'runs/nuclei/supervised/4_labels/seed_0/config.py')
    assert dict(type='mmdecon.VerifyLoad', any_checkpoint=True) in run.custom_hooks


def test_launchers_are_those_of_mim():
    launcher = Launcher('slurm', 8, gpus_per_node=4, partition='gpu')
    words = command(Path('tools/train.py'), Path('run'), launcher, resume=True)
    options = '--launcher slurm --gpus 8 --gpus-per-node 4 --partition gpu'
    assert ' '.join(words[2:]) == f'mim train mmdecon run/config.py {options} --work-dir run --resume'


@pytest.mark.wide
def test_a_detector_learns_from_and_is_scored_on_files_of_its_own(read, given, tool):
    pytest.importorskip('mmdet')
    options = {'train_cfg.max_epochs': 8}
    for part in ('train', 'val'):
        options |= {
            f'{part}_dataloader.dataset.data_root': NUCLEI,
            f'{part}_dataloader.dataset.metainfo': dict(classes=['nucleus']),
            f'{part}_dataloader.dataset.data_prefix.img': 'JPEGImages/',
            f'{part}_dataloader.dataset.ann_file': f'annotations/instances_{part}.json',
        }
    config = str(ROOT / 'configs/downstream/coco_det/mask-rcnn_r50-fpn_8xb2-ms-1x_coco.py')
    protocols = dict(coco=dict(config=config, options=options))
    tune = dict(seeds=[7], labels=['10%'])
    settings = read(given, starts=dict(a=dict()), protocols=protocols, seeds=[0], rates=[0.01, 0.02], tune=tune)
    tool.compare(settings)
    assert len(tool.started()) == 2 + 2
    run = next(settings.work_dir.glob('tuning/coco/a/6_labels/rate_0.02/seed_7'))
    cfg = load_config(Namespace(config=str(run / 'config.py'), work_dir=str(run), cfg_options={}, launcher='none'))
    learnt, scored = (
        {image['id'] for image in json.loads(Path(path).read_text())['images']}
        for path in (cfg.train_dataloader.dataset.ann_file, cfg.val_evaluator.ann_file)
    )
    assert (len(learnt), len(scored)) == (6, 56) and not learnt & scored
    assert cfg.val_dataloader.dataset.ann_file == cfg.val_evaluator.ann_file and cfg.val_dataloader.dataset.test_mode
    assert cfg.train_dataloader.sampler.type == 'DefaultSampler' and cfg.optim_wrapper.optimizer.lr == 0.02


def test_a_run_that_is_still_alive_is_waited_for(small, tool):
    settings, said = small(seeds=[0], starts=dict(random=dict())), []
    lock = settings.work_dir / 'runs/nuclei/random/4_labels/.lock_seed_0'
    lock.parent.mkdir(parents=True)
    with open(lock, 'w') as held, ThreadPoolExecutor(1) as pool:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = pool.submit(compare, settings, Trainer(tool.path, say=said.append))
        while not said and not done.done():
            time.sleep(0.01)
        assert 'is being trained by a process of another start' in said[0] and not tool.started()
        fcntl.flock(held, fcntl.LOCK_UN)
        done.result()
    assert len(tool.started()) == 1
