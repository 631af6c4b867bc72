"""The config that is written: Python that says what was derived, and a run that trains it."""

from pathlib import Path
from typing import Any

import pytest

from mmdecon.pretrain_for import (
    METHODS,
    Run,
    config_text,
    make_plan,
    read_downstream,
)
from mmdecon.pretrain_for.config_file import bases_folder, read_text
from mmdecon.pretrain_for.python_text import Code, Extended, as_code
from mmdecon.registry import MODELS

from .models import UPER, made, write

RUN = Run('slotcon', ['a'], 40, 8, 100, True, None, 2)
IMAGES = 'tests/data/nuclei/JPEGImages'


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


def narrow(model: Any) -> Any:
    """The model with narrow branches, to be built here."""
    for branch in model.branches.values():
        branch.head.hidden_channels = 8
        if 'queue_length' in branch.objective:
            branch.objective.queue_length = 16
        if 'hidden_channels' in branch.objective:
            branch.objective.hidden_channels = 8
    return model


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('fast', [True, False])
def test_every_method(tmp_path: Path, method: str, fast: bool) -> None:
    config = made(tmp_path, method=method, fast=fast, size=96)
    sizes = {step['size'] for step in config.train_dataloader.dataset.pipeline if step['type'] == 'mmdecon.TwoViews'}
    assert sizes == {96}
    assert ('positions' in config.model.branches.dec) == (fast and method in ('slotcon', 'pixpro'))
    model = MODELS.build(narrow(config.model))
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


@pytest.mark.parametrize(
    'method, epochs, start, schedule',
    [('slotcon', 60, 0.9667, 'cosine'), ('slotcon', 1, 0.9, 'cosine'), ('densecl', 60, 0.9667, 'constant')]
    + [('slotcon', 1000, 0.99, 'cosine'), ('densecl', 1000, 0.998, 'constant'), ('densecl', 3000, 0.999, 'constant')],
)
def test_the_teacher_of_a_short_run_follows_faster(
    tmp_path: Path, method: str, epochs: int, start: float, schedule: str
) -> None:
    config = made(tmp_path, method=method, epochs=epochs)  # five steps an epoch
    model = MODELS.build(narrow(config.model))
    assert dict(model.momentum) == dict(schedule=schedule, start=start)


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


def test_a_text_is_read_where_the_folder_is_still_to_be_made(tmp_path: Path) -> None:
    folder = tmp_path / 'a' / 'b'
    assert read_text('x = 1\n', folder).x == 1 and list(folder.iterdir()) == []


def test_bases_are_found() -> None:
    assert (bases_folder() / 'default_runtime.py').is_file()
