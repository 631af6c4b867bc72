"""The tools' arguments do what they say, on a real config of mmpretrain, or end the program with one sentence."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.device import get_device
from mmengine.runner import find_latest_checkpoint

from mmdecon.cli import common_parser, load_config

from ..support.fresh import run_scripts
from .conftest import CONFIG, ROOT


def read(work_dir: Path, steps: int) -> dict:
    """The checkpoint of a run after ``steps`` iterations; made by the test itself, so it may be unpickled."""
    return torch.load(work_dir / f'iter_{steps}.pth', weights_only=False)


def losses(work_dir: Path) -> list[float]:
    """The losses that the last run in a folder logged."""
    lines = max(work_dir.glob('*/vis_data/scalars.json')).read_text().splitlines()
    return [json.loads(line)['loss'] for line in lines]


def assert_same_weights(one: dict, other: dict, atol: float = 0.0) -> None:
    assert one['state_dict'].keys() == other['state_dict'].keys() != set()
    for key, tensor in one['state_dict'].items():
        torch.testing.assert_close(tensor, other['state_dict'][key], rtol=0, atol=atol)


@pytest.mark.parametrize('source', ['auto', 'path'])
def test_a_resumed_run_equals_an_uninterrupted_one(tool, tmp_path, source):
    tool('train', '--work-dir', tmp_path / 'whole', options=('train_cfg.max_iters=4',))
    tool('train', '--work-dir', tmp_path / 'parts')
    half = find_latest_checkpoint(tmp_path / 'parts')
    resume = ['--resume'] if source == 'auto' else ['--resume', half]
    tool('train', '--work-dir', tmp_path / 'parts', *resume, options=('train_cfg.max_iters=4',))
    assert_same_weights(read(tmp_path / 'whole', 4), read(tmp_path / 'parts', 4))


def test_resume_without_a_checkpoint_starts_with_what_the_config_loads(tool, tmp_path):
    tool('train', '--work-dir', tmp_path / 'first')
    start = find_latest_checkpoint(tmp_path / 'first')
    still = (f'load_from={start}', 'optim_wrapper.optimizer.lr=0')
    tool('train', '--work-dir', tmp_path / 'second', '--resume', options=still)
    assert_same_weights(read(tmp_path / 'first', 2), read(tmp_path / 'second', 2))


def test_a_file_that_is_no_export_is_refused_where_that_is_asked(tool, tmp_path):
    tool('train', '--work-dir', tmp_path / 'first')
    options = (f'load_from={find_latest_checkpoint(tmp_path / "first")}',)
    for given, said in [
        (options, 'iter_2.pth is no export of mmdecon'),
        ((), 'the config names none: add --cfg-options'),
    ]:
        with pytest.raises(SystemExit, match=said):
            tool('train', '--work-dir', tmp_path / 'second', '--verify-load', options=given)
    assert not list((tmp_path / 'second').glob('*.pth'))


def test_auto_scale_lr_scales_by_the_batch_size(tool, tmp_path):
    tool('train', '--work-dir', tmp_path, '--auto-scale-lr')
    assert read(tmp_path, 2)['optimizer']['param_groups'][0]['lr'] == 0.1 * 2 / 8


@pytest.mark.skipif(get_device() != 'cpu', reason='states the CPU wrapper')
def test_amp_computes_in_bfloat16_on_a_cpu(tool, tmp_path):
    tool('train', '--work-dir', tmp_path / 'full')
    tool('train', '--work-dir', tmp_path / 'mixed', '--amp')
    full, mixed = losses(tmp_path / 'full'), losses(tmp_path / 'mixed')
    assert full != mixed
    assert full == pytest.approx(mixed, rel=2**-7)


@pytest.mark.skipif(get_device() != 'cpu', reason='two processes need two devices elsewhere')
@pytest.mark.wide
def test_two_processes_equal_one_on_the_joined_batch(tool, images, tmp_path):
    in_order = 'train_dataloader.sampler.shuffle=False'
    tool('train', '--work-dir', tmp_path / 'one', options=(in_order, 'train_dataloader.batch_size=4'))
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    launch = [sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node=2', f'--master_port={port}']
    train = [
        ROOT / 'tools' / 'train.py',
        CONFIG,
        '--launcher',
        'pytorch',
        '--work-dir',
        tmp_path / 'two',
        '--cfg-options',
    ]
    options = [in_order, f'train_dataloader.dataset.data_root={images}']
    quiet = {**os.environ, 'OMP_NUM_THREADS': '1'}
    subprocess.run([*launch, *train, *options], env=quiet, check=True, timeout=300)
    assert_same_weights(read(tmp_path / 'one', 2), read(tmp_path / 'two', 2), atol=1e-6)


def test_test_evaluates_the_weights(tool, tmp_path):
    tool('train', '--work-dir', tmp_path, options=('train_cfg.max_iters=8', 'optim_wrapper.optimizer.lr=0.05'))
    tool('test', find_latest_checkpoint(tmp_path), '--work-dir', tmp_path / 'test')
    (scores,) = (tmp_path / 'test').glob('*/*.json')
    assert json.loads(scores.read_text())['accuracy/top1'] == 100.0


REFUSED = {
    'no such key': ('train', [], ['optim_wraper.optimizer.lr=1'], "Did you mean 'optim_wrapper'?"),
    'a spent variable': ('train', [], ['pipeline=[]'], "'pipeline' is a variable of the config file"),
    'an index too far': (
        'train',
        [],
        ['train_dataloader.dataset.pipeline.9.scale=8'],
        'train_dataloader.dataset.pipeline.9',
    ),
    'a key of a number': ('train', [], ['train_cfg.max_iters.x=8'], 'train_cfg.max_iters.x'),
    'no checkpoint': ('train', ['--resume', 'gone.pth'], [], "there is no checkpoint 'gone.pth'"),
    'no base batch': (
        'train',
        ['--auto-scale-lr'],
        ['auto_scale_lr.base_batch_size=None'],
        'auto_scale_lr.base_batch_size',
    ),
    'another wrapper': (
        'train',
        ['--amp'],
        ['optim_wrapper.type=ApexOptimWrapper'],
        "optim_wrapper.type is 'ApexOptimWrapper'",
    ),
    'no launcher': ('train', ['--launcher', 'pytorch'], [], 'torchrun --nproc_per_node'),
    'lasting workers where there are none': (
        'train',
        [],
        ['train_dataloader.persistent_workers=True'],
        'train_dataloader.persistent_workers=True with num_workers=0: there are no workers for it; set '
        'train_dataloader.persistent_workers=False, or num_workers to 1 or more',
    ),
    'lasting workers of validation': (
        'train',
        [],
        ['val_dataloader.num_workers=0', 'val_dataloader.persistent_workers=True'],
        'val_dataloader.persistent_workers=True with num_workers=0',
    ),
    'lasting workers of a test': (
        'test',
        [CONFIG],
        ['test_dataloader.persistent_workers=True'],
        'test_dataloader.persistent_workers=True with num_workers=0',
    ),
    'batches fetched ahead by nobody': (
        'train',
        [],
        ['train_dataloader.prefetch_factor=4'],
        'train_dataloader.prefetch_factor=4 with num_workers=0: there are no workers for it; set '
        'train_dataloader.prefetch_factor=None',
    ),
    'no test set': ('test', [CONFIG], ['test_dataloader=None'], 'has no test_dataloader'),
}


@pytest.mark.parametrize(('name', 'arguments', 'options', 'message'), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_is_refused_before_work_starts(tool, tmp_path, monkeypatch, name, arguments, options, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('RANK', raising=False)
    with pytest.raises(SystemExit) as refusal:
        tool(name, *arguments, options=tuple(options))
    assert message in refusal.value.code
    assert list(tmp_path.iterdir()) == []


def test_weights_that_leave_a_part_untrained_are_refused(tool, tmp_path):
    tool('train', '--work-dir', tmp_path)
    partial = read(tmp_path, 2)
    partial['state_dict'].pop('backbone.classifier.2.weight')
    torch.save(partial, tmp_path / 'partial.pth')
    with pytest.raises(SystemExit, match="lacks 1 of the model's tensors, 'backbone.classifier.2.weight'"):
        tool('test', tmp_path / 'partial.pth', '--work-dir', tmp_path)


HEAD = ['model.head.init_cfg.type=Pretrained', 'model.head.init_cfg.checkpoint={}']
READS = {
    '--resume': ('train', ['--resume', '{}'], []),
    'load_from': ('train', [], ['load_from={}']),
    'model.head.init_cfg': ('train', [], HEAD),
    'CHECKPOINT': ('test', ['{}'], []),
}


@pytest.mark.parametrize('place', READS)
def test_a_checkpoint_that_was_cut_off_is_refused(tool, tmp_path, place):
    cut = tmp_path / 'cut.pth'
    torch.save(dict(state_dict=dict(weight=torch.zeros(99, 99))), cut)
    cut.write_bytes(cut.read_bytes()[:-40])
    name, *words = READS[place]
    arguments, options = ([word.format(cut) for word in some] for some in words)
    with pytest.raises(SystemExit) as refusal:
        tool(name, *arguments, '--work-dir', tmp_path / 'work', options=tuple(options))
    assert refusal.value.code.startswith(f'error: {cut} ({place}) cannot be read as a checkpoint: it was cut off while')
    assert not list(tmp_path.glob('work/*.pth'))


@pytest.mark.parametrize('place', READS)
def test_a_checkpoint_that_cannot_be_downloaded_is_refused(tool, tmp_path, place):
    name, *words = READS[place]
    arguments, options = ([word.format('http://127.0.0.1:1/far.pth') for word in some] for some in words)
    with pytest.raises(SystemExit, match=r'error: http://127\.0\.0\.1:1/far\.pth cannot be downloaded: .*refused'):
        tool(name, *arguments, '--work-dir', tmp_path / 'work', options=tuple(options))


def test_a_run_without_a_full_batch_is_refused(tool, tmp_path):
    options = ('train_dataloader.batch_size=100', 'train_dataloader.drop_last=True')
    with pytest.raises(SystemExit, match='8 images do not fill one batch of train_dataloader.batch_size=100 on each'):
        tool('train', '--work-dir', tmp_path, options=options)


def test_a_shipped_config_is_found_by_its_name():
    name = 'fpn_r50_4xb2-80k_cityscapes-512x1024'
    args = common_parser('').parse_args([name, '--launcher', 'none'])
    cfg = load_config(args)
    assert cfg.model.decode_head.type == 'FPNHead' and cfg.work_dir == f'work_dirs/{name}'
    assert cfg.filename.endswith(f'sem_fpn/{name}.py')


def test_a_config_that_is_not_there_is_refused(tmp_path):
    assert run_scripts([['tools/train.py', 'configs/gone.py']], tmp_path / 'printed') == 1
    printed = (tmp_path / 'printed').read_text()
    assert "error: there is no config file 'configs/gone.py'" in printed
    assert 'Traceback' not in printed
