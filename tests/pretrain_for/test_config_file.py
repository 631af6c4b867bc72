"""The config that is written: Python that says what was derived, and a run that trains it."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmdecon.locking import locked
from mmdecon.models.pretrained import find_prefix, load_pretrained
from mmdecon.pretrain_for import (
    METHODS,
    Run,
    config_text,
    find_config,
    make_plan,
    read_downstream,
    shipped_configs,
)
from mmdecon.pretrain_for.batch import largest_batch
from mmdecon.pretrain_for.config_file import bases_folder, read_text
from mmdecon.pretrain_for.python_text import Code, Extended, as_code
from mmdecon.pretrain_for.rasters import PRESETS, find_range, preset_of
from mmdecon.pretrain_for.report import fine_tuning_options, start_line
from mmdecon.registry import MODELS
from tests.support.commands import run

from .models import RESNET, UPER, write

RUN = Run('slotcon', ['a'], 40, 8, 100, True, None, 2)
IMAGES = 'tests/data/nuclei/JPEGImages'


def made(folder: Path, downstream: dict[str, Any] = UPER, size: int = 224, **options: Any) -> Config:
    """The config of a small model, as it is read."""
    given: dict[str, Any] = dict(method='slotcon', folders=['a b/c'], images=40, batch_size=8, epochs=100)
    given.update(fast=True, init=None, workers=2)
    plan = make_plan(read_downstream(write(folder, downstream)), size)
    return read_text(config_text(plan, Run(**{**given, **options}), folder), folder)


def test_text_is_the_value() -> None:
    value = dict(a=[1, (2,), dict(b=None)], c={'not a name': 1.5, 3: 'x' * 100}, d=(), e=dict(f='y' * 80, g=True))
    assert eval(as_code(value)) == value
    assert all(len(line) <= 119 for line in as_code(value).splitlines()) and len(as_code(value).splitlines()) > 5
    assert eval(as_code(Extended('base', a=Code('1 + 1'))), dict(base=dict(b=3))) == dict(a=2, b=3)


def test_the_run_is_what_was_asked_for(tmp_path: Path) -> None:
    config = made(tmp_path)
    assert config.model.data_preprocessor.mean == [13.0] * 3 and config.model.data_preprocessor.bgr_to_rgb is True
    assert config.model.alpha == 0.5 and config.model.branches.dec.level == 'out'
    assert config.model.branches.dec.positions.grid == 14 and config.model.branches.dec.head.hidden_channels == 1024
    assert config.train_dataloader.dataset.folders == 'a b/c' and config.train_cfg.max_epochs == 100
    assert config.param_scheduler[0].end == 5 and config.train_dataloader.dataset.pipeline[1].size == 224


@pytest.mark.parametrize(('batch', 'devices', 'small'), [(8, 1, True), (32, 1, True), (32, 2, False), (64, 1, False)])
def test_small_batches_have_a_rate_of_their_own(tmp_path: Path, batch: int, devices: int, small: bool) -> None:
    config = made(tmp_path, batch_size=batch, devices=devices)
    optimizer = config.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr) == (('AdamW', 5e-4) if small else ('mmpretrain.LARS', 2.0))
    assert config.auto_scale_lr.get('enable', False) is not small


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('fast', [True, False])
def test_every_method(tmp_path: Path, method: str, fast: bool) -> None:
    config = made(tmp_path, method=method, fast=fast, size=96)
    sizes = {step['size'] for step in config.train_dataloader.dataset.pipeline if step['type'] == 'mmdecon.TwoViews'}
    assert sizes == {96}
    assert ('positions' in config.model.branches.dec) == (fast and method in ('slotcon', 'pixpro'))
    for branch in config.model.branches.values():  # narrow, to be built here
        branch.head.hidden_channels = 8
        if 'queue_length' in branch.objective:
            branch.objective.queue_length = 16
        if 'hidden_channels' in branch.objective:
            branch.objective.hidden_channels = 8
    model = MODELS.build(config.model)
    assert list(model.branches) == ['enc', 'dec']


@pytest.mark.parametrize(
    'epochs, images, devices, ends',
    [(5, 40, 1, [2, 25]), (1, 16, 1, [2]), (11, 40, 1, [5, None]), (10, 47, 2, [3, 30]), (10, 45, 2, [2, 20])],
)
def test_a_short_run_has_a_short_warm_up(
    tmp_path: Path, epochs: int, images: int, devices: int, ends: list[int | None]
) -> None:
    config = made(tmp_path, epochs=epochs, images=images, devices=devices)
    assert [one.get('end') for one in config.param_scheduler] == ends


@pytest.mark.parametrize('epochs, images, interval', [(1, 16, 1), (100, 40, 5), (200, 5000, 50)])
def test_a_log_has_a_hundred_lines_or_one_for_each_epoch(
    tmp_path: Path, epochs: int, images: int, interval: int
) -> None:
    assert made(tmp_path, epochs=epochs, images=images).default_hooks.logger.interval == interval


def test_without_batch_norm_it_is_adamw(tmp_path: Path) -> None:
    vit = dict(type='VisionTransformer', img_size=64, embed_dims=24, num_layers=2, num_heads=2, out_indices=(1,))
    config = made(tmp_path, dict(type='EncoderDecoder', backbone=vit), init=('file.pth', 'backbone'))
    assert config.optim_wrapper.optimizer.type == 'AdamW' and 'alpha' not in config.model
    assert config.model.network.encoder.init_cfg == dict(type='Pretrained', checkpoint='file.pth', prefix='backbone')


def test_images_of_other_channels_are_refused(tmp_path: Path) -> None:
    grey = dict(UPER, data_preprocessor=dict(type='SegDataPreProcessor', mean=[1.0], std=[1.0]))
    with pytest.raises(ValueError, match='has 1 means and 1 stds, but model.backbone takes images of 3 channels'):
        made(tmp_path, grey)


def test_stds_are_above_zero(tmp_path: Path) -> None:
    flat = dict(type='SegDataPreProcessor', mean=[1.0] * 3, std=[1.0, 0.0, 1.0])
    with pytest.raises(ValueError, match=r'model.data_preprocessor.std=\[1.0, 0.0, 1.0\] divides a channel by nothing'):
        made(tmp_path, dict(UPER, data_preprocessor=flat))


def test_colours_beside_the_model_are_its_own_as_for_the_runner(tmp_path: Path) -> None:
    model = {key: value for key, value in UPER.items() if key != 'data_preprocessor'}
    path = write(tmp_path, model, data_preprocessor=UPER['data_preprocessor'])
    assert read_downstream(path).model['data_preprocessor'] == UPER['data_preprocessor']
    assert (
        read_downstream(write(tmp_path, UPER, data_preprocessor=dict(mean=[0]))).model['data_preprocessor']['mean']
        == [13.0] * 3
    )


def test_a_config_is_the_same_however_its_path_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, UPER)
    text = config_text(make_plan(read_downstream(path)), RUN, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert config_text(make_plan(read_downstream('model.py')), RUN, tmp_path) == text


def test_shipped_configs_are_found_by_name() -> None:
    known = list(shipped_configs('mmseg'))
    assert len(known) > 600
    path = find_config('sem_fpn/fpn_r50_4xb2-80k_cityscapes-512x1024')
    assert path in known and path == find_config('mmseg::fpn_r50_4xb2-80k_cityscapes-512x1024.py')
    with pytest.raises(ValueError, match='similar name: fpn_r50_4xb2-80k_cityscapes-512x1024'):
        find_config('fpn_r50_4xb2-80k_cityscape-512x1024')


def test_two_images_must_fit() -> None:
    with pytest.raises(ValueError, match='not even a batch of 2 images fits'):
        largest_batch(lambda size: False, 100)
    asked: list[int] = []
    assert largest_batch(lambda size: asked.append(size) or size < 20, 1000) == 16
    assert asked == [2, 4, 8, 16, 32]


@pytest.mark.slow
def test_from_config_to_weights(tmp_path: Path) -> None:
    images = tmp_path / 'images'
    images.mkdir()
    for path in sorted(Path(IMAGES).iterdir())[:8]:
        (images / path.name).write_bytes(path.read_bytes())
    target = write(tmp_path, UPER)
    words = [target, '--images', str(images), '--epochs', '1', '--size', '64', '--batch-size', '4']
    command = [sys.executable, 'tools/pretrain_for.py', *words, '--work-dir', str(tmp_path / 'out')]
    run([*command, '--write-config-only'])
    text = (tmp_path / 'out' / 'pretrain_for_model.py').read_text()
    with locked(tmp_path / 'out' / 'pretrain_for_model.lock', lambda: None):
        done = subprocess.run([*command, '--method', 'densecl'], capture_output=True, text=True)
    assert done.returncode == 1 and 'error: another process trains in ' in done.stderr
    assert (tmp_path / 'out' / 'pretrain_for_model.py').read_text() == text
    said = run(command)
    assert said.count('| head | mmseg.UPerHead | contrasted at out |') == 2 and "load_from = '" in said
    file = torch.load(tmp_path / 'out' / 'model_pretrained.pth', weights_only=True)
    assert {name.partition('.')[0] for name in file['state_dict']} == {'backbone', 'decode_head'}
    before = os.stat(tmp_path / 'out' / 'pretraining' / 'epoch_1.pth').st_mtime_ns
    assert 'epoch_1.pth is trained already, and is exported' in run(command)
    assert os.stat(tmp_path / 'out' / 'pretraining' / 'epoch_1.pth').st_mtime_ns == before
    other = subprocess.run([*command, '--method', 'densecl'], capture_output=True, text=True)
    assert other.returncode == 1 and 'holds checkpoints of other options' in other.stderr


@pytest.mark.parametrize(
    'words, message',
    [
        (['absent.py', '--images', IMAGES], "there is no config file 'absent.py'"),
        (['MODEL', '--images', IMAGES, 'absent'], '--images absent: there is no such folder'),
        (['MODEL', '--images', 'setup.py'], '--images setup.py is a file: name a folder'),
        (['MODEL', '--images', IMAGES, '--write-config-only', '--init', ''], '--init is empty: give it a value'),
        (['MODEL', '--images', IMAGES, '--init', 'torchvision://resnet19'], 'did you mean '),
        (['MODEL', '--images', IMAGES, '--epochs', '0'], '--epochs 0 is too small'),
        (['MODEL', '--images', IMAGES, '--batch-size', '999'], '--batch-size 999 is more than the '),
        (['MODEL', '--images', IMAGES, '--decoder-only'], 'name its weights with --init FILE'),
        (['MODEL', '--images', IMAGES, '--init', 'absent.pth'], 'absent.pth'),
        (['MODEL', '--images', IMAGES, '--init', 'FOREIGN'], 'does not hold the weights of ResNetV1c (--init)'),
    ],
)
def test_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    target = write(tmp_path, UPER)
    foreign = tmp_path / 'foreign.pth'
    torch.save(dict(state_dict={'conv.weight': torch.zeros(1)}), foreign)
    words = [dict(MODEL=target, FOREIGN=str(foreign)).get(word, word) for word in words]
    with pytest.raises(SystemExit) as end:
        monkeypatch.setattr('sys.argv', ['pretrain_for.py', *words, '--work-dir', str(tmp_path / 'out')])
        runpy.run_path('tools/pretrain_for.py', run_name='__main__')
    assert message in str(end.value.code) and not str(end.value.code).endswith('?.') and '\n' not in str(end.value.code)
    assert not (tmp_path / 'out').exists()


def test_weights_start_the_encoder_whatever_stands_before_their_names(tmp_path: Path) -> None:
    encoder = make_plan(read_downstream(write(tmp_path, UPER))).network.encoder
    state = {f'student.backbone.{name}': value + 1 for name, value in encoder.state_dict().items()}
    torch.save(dict(state_dict=state), tmp_path / 'start.pth')
    assert find_prefix(str(tmp_path / 'start.pth'), encoder, '--init') == 'student.backbone.'
    both = {f'{half}.{name}': x for half in ('student', 'teacher') for name, x in encoder.state_dict().items()}
    torch.save(dict(state_dict=both), tmp_path / 'both.pth')
    assert find_prefix(str(tmp_path / 'both.pth'), encoder, '--init') == 'teacher.'
    broken = dict(encoder.state_dict(), **{'stem.1.weight': torch.full_like(encoder.stem[1].weight, float('nan'))})
    torch.save(dict(state_dict=broken), tmp_path / 'broken.pth')
    with pytest.raises(ValueError, match=r'broken.pth \(--init\) holds values that are not finite, in stem.1.weight'):
        load_pretrained(encoder, dict(checkpoint=str(tmp_path / 'broken.pth')), '--init')


def test_a_text_is_read_where_the_folder_is_still_to_be_made(tmp_path: Path) -> None:
    folder = tmp_path / 'a' / 'b'
    assert read_text('x = 1\n', folder).x == 1 and list(folder.iterdir()) == []


def test_bases_are_found() -> None:
    assert (bases_folder() / 'default_runtime.py').is_file()


def four(**preprocessor: Any) -> dict[str, Any]:
    """A small segmenter of four channels."""
    given = dict(type='SegDataPreProcessor', mean=[1.0, 2.0, 3.0, 4.0], std=[5.0] * 4, **preprocessor)
    return dict(UPER, data_preprocessor=given, backbone=dict(UPER['backbone'], in_channels=4))


def text_of(folder: Path, downstream: dict[str, Any], **options: Any) -> str:
    plan = make_plan(read_downstream(write(folder, downstream)))
    run_ = Run('slotcon', ['a'], 40, 8, 100, True, ('file.pth', ''), 2, **options)
    return config_text(plan, run_, folder)


def test_other_channels_are_those_of_the_model(tmp_path: Path) -> None:
    text = text_of(tmp_path, four(bgr_to_rgb=True), first_conv=['red', 'green', 'blue', 'mean'], preset='multispectral')
    assert 'mean=[1.0, 2.0, 3.0, 4.0]' in text and 'bgr_to_rgb=False' in text and 'in_channels=4' in text
    assert "type='mmdecon.RasterFolder'" in text and "dict(type='mmdecon.LoadRaster', channels=4, late=True)" in text
    assert "first_conv=['red', 'green', 'blue', 'mean']" in text
    assert 'datasets/multispectral_photometrics.py' in text and 'changes = _base_.multispectral_photometric' in text
    with pytest.raises(ValueError, match='images of 4 channels are no photos: give Run.preset'):
        text_of(tmp_path, four())


def test_means_and_channels_agree(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='has 3 means and 3 stds, but model.backbone takes images of 4 channels'):
        text_of(tmp_path, dict(UPER, backbone=dict(UPER['backbone'], in_channels=4)), preset='rgbd')


def test_a_base_of_mmseg_is_found_whatever_its_package_is_called(tmp_path: Path) -> None:
    (tmp_path / 'mine.py').write_text("_base_ = 'mmseg::upernet/upernet_r18_4xb4-20k_voc12aug-512x512.py'\n")
    assert read_downstream(str(tmp_path / 'mine.py')).part('backbone')[0]['type'] == 'mmseg.ResNetV1c'


def test_what_fine_tuning_would_load_for_nothing_is_named(tmp_path: Path) -> None:
    plan = make_plan(read_downstream(write(tmp_path, UPER)), 64)
    needless = ['model.pretrained=None', 'model.backbone.init_cfg=None']
    assert fine_tuning_options(plan, 'out.pth') == ['load_from=out.pth', *needless]
    named = "model.pretrained='open-mmlab://resnet18_v1c', model.backbone.init_cfg='absent.pth'"
    assert f'({named}) is not used without --init open-mmlab://resnet18_v1c' in start_line(plan, None)
    assert start_line(plan, 'a.pth') == 'the encoder starts from a.pth'


def test_a_start_of_the_whole_model_is_named_and_stays(tmp_path: Path) -> None:
    model = {key: value for key, value in UPER.items() if key != 'pretrained'}
    model.update(backbone={**RESNET, 'init_cfg': None}, init_cfg=dict(type='Pretrained', checkpoint='whole.pth'))
    plan = make_plan(read_downstream(write(tmp_path, model, load_from='last.pth')), 64)
    assert fine_tuning_options(plan, 'out.pth') == ['load_from=out.pth']
    named = "load_from='last.pth', model.init_cfg='whole.pth'"
    assert f'({named}) is not used without --init last.pth' in start_line(plan, None)


def test_presets_are_those_of_the_base_files() -> None:
    given = [path.name for path in (bases_folder() / 'datasets').glob('*_photometrics.py')]
    photos = {'byol', 'moco'}
    assert sorted(PRESETS) == sorted({name.removesuffix('_photometrics.py') for name in given} - photos)
    assert [preset_of(channels) for channels in (1, 2, 3, 4)] == ['grey16', 'multispectral', None, 'multispectral']


@pytest.mark.parametrize(('channels', 'preset'), [(1, 'grey16'), (4, 'multispectral'), (3, 'microscopy')])
def test_changes_of_rasters_are_shares_of_the_values_that_there_are(tmp_path: Path, channels: int, preset: str) -> None:
    values = np.random.default_rng(0).integers(100, 3000, (4, 48, 48, channels)).astype(np.uint16)
    values[:, 0, 0] = 65535  # outliers
    for number, image in enumerate(values):
        np.save(tmp_path / f'{number}.npy', image)
    span = find_range([str(tmp_path)], channels)
    assert span == pytest.approx((np.quantile(values, 0.001), np.quantile(values, 0.999)), rel=0.01)
    backbone = dict(UPER['backbone'], in_channels=channels)
    raster = dict(UPER, backbone=backbone, data_preprocessor=dict(type='mmdecon.SegChannelsPreprocessor'))
    config = made(tmp_path, raster, size=64, preset=preset, value_range=span)
    pipeline = config.train_dataloader.dataset.pipeline
    assert pipeline[0] == dict(type='mmdecon.LoadRaster', channels=channels, late=True)
    (views,) = (step for step in pipeline if step['type'] == 'mmdecon.TwoViews')
    expected = Config.fromfile(bases_folder() / f'datasets/{preset}_photometrics.py')[f'{preset}_photometric']
    assert views.photometric == [[dict(change, value_range=span) for change in expected]] * 2
    assert config.default_hooks.checkpoint.interval == 1
    np.save(tmp_path / '0.npy', values[0].astype(np.uint8))
    for number in range(1, 4):
        (tmp_path / f'{number}.npy').unlink()
    assert find_range([str(tmp_path)], channels) is None
