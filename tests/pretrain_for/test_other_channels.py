"""Images that are no photos: their channels and values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmengine.config import Config

from mmdecon.pretrain_for import (
    Run,
    config_text,
    make_plan,
    read_downstream,
)
from mmdecon.pretrain_for.config_file import bases_folder
from mmdecon.pretrain_for.rasters import PRESETS, find_range, preset_of

from .models import UPER, made, write


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
