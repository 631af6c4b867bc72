"""Four bands from pre-training to fine-tuning: pre-trained, exported, and read by the same transform in mmseg."""

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from mmdecon.export import convert, read_source, verify, write
from tests.support import tiny
from tests.support.exports import FPN_HEAD

tifffile = pytest.importorskip('tifffile', reason='tifffile is not installed: pip install "mmdecon[tiff]"')
BANDS = 4
MEAN, STD = [30000.0] * BANDS, [10000.0] * BANDS
ENCODER = dict(tiny.RESNET, type='mmseg.ResNet', in_channels=BANDS)
CONFIG = 'configs/downstream/my_rasters_seg/fpn_r18_1xb8-10k_my-rasters-512x512.py'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four bands of 16 bits, and annotations."""
    generator = np.random.default_rng(0)
    for part in ('train', 'val'):
        for kind in ('images', 'annotations'):
            os.makedirs(tmp_path / part / kind)
        for number in range(4):
            image = generator.integers(0, 60000, (80, 96, BANDS), np.uint16)
            tifffile.imwrite(tmp_path / part / f'images/{number}.tif', image, planarconfig='contig')
            cv2.imwrite(str(tmp_path / part / f'annotations/{number}.png'), (image[..., 3] > 30000).astype(np.uint8))
    return tmp_path


def pretrain(folder: Path) -> str:
    """Two steps on the images; the path of the checkpoint."""
    pipeline = [
        dict(type='mmdecon.LoadRaster', channels=BANDS, late=True),
        dict(type='mmdecon.TwoViews', size=64, scale=(0.3, 1.0), min_overlap=0.1),
        dict(type='mmdecon.PackViews'),
    ]
    dataset = dict(type='mmdecon.RasterFolder', folders=str(folder / 'train/images'), pipeline=pipeline)
    model = dict(
        type='mmdecon.DeCon',
        network=tiny.network(dict(fpn=tiny.FPN, head=FPN_HEAD), encoder=ENCODER),
        branches=dict(enc=tiny.branch('c5'), dec=tiny.branch('out')),
        data_preprocessor=dict(type='mmdecon.ViewPreprocessor', mean=MEAN, std=STD, bgr_to_rgb=False),
    )
    config: dict[str, Any] = dict(
        model=model,
        work_dir=str(folder / 'pretraining'),
        train_dataloader=dict(
            batch_size=2,
            num_workers=0,
            sampler=dict(type='mmdecon.ViewSampler', shuffle=True),
            collate_fn=dict(type='default_collate'),
            dataset=dataset,
        ),
        train_cfg=dict(by_epoch=True, max_epochs=1),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1)),
        custom_hooks=[dict(type='mmdecon.PlainCheckpoint')],
        experiment_name='rasters_pretraining',
        log_level='WARNING',
    )
    Runner.from_cfg(Config(config)).train()
    return str(folder / 'pretraining/epoch_1.pth')


def downstream(folder: Path) -> Config:
    """The shipped config, small."""
    config = Config.fromfile(CONFIG)
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        loader.update(num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(folder)
    config.train_dataloader.batch_size = 2
    for step in config.train_dataloader.dataset.pipeline:
        step.update({'RandomResize': dict(scale=(96, 80)), 'RandomCrop': dict(crop_size=(64, 64))}.get(step.type, {}))
    model = config.model
    model.data_preprocessor.update(size=(64, 64), mean=MEAN, std=STD)
    model.backbone = dict(ENCODER)
    model.neck = dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=8, num_outs=4, norm_cfg=tiny.BN)
    model.decode_head.update(in_channels=[8] * 4, channels=8, norm_cfg=tiny.BN)
    config.train_cfg.update(max_iters=2, val_interval=2)
    config.param_scheduler = []
    config.update(work_dir=str(folder / 'fine-tuning'), experiment_name=f'rasters_{folder.name}', log_level='WARNING')
    return config


def test_from_images_to_a_segmenter(folder: Path) -> None:
    source = read_source(pretrain(folder))
    config = downstream(folder)
    config.dump(folder / 'target.py')
    export = convert(source, 'mmseg')
    assert 'out' in verify(source, export, str(folder / 'target.py')).equal
    write(source, export, str(folder / 'export.pth'))
    config.load_from = str(folder / 'export.pth')
    runner = Runner.from_cfg(config)
    seen: list[torch.Tensor] = []
    runner.model.backbone.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    runner.train()
    assert seen[0].shape == (2, BANDS, 64, 64) and seen[0].std() > 0.5
    trained = torch.load(folder / 'fine-tuning/iter_2.pth', weights_only=False)['state_dict']
    assert trained['backbone.conv1.weight'].shape[1] == BANDS
    assert all(x.isfinite().all() for x in trained.values())


def test_pixels_are_those_of_pretraining(folder: Path) -> None:
    with DefaultScope.overwrite_default_scope('mmseg'):
        dataset = Runner.build_dataloader(downstream(folder).val_dataloader, seed=0).dataset
    image = dataset[0]['inputs']
    ours = tifffile.imread(folder / 'val/images/0.tif')
    assert image.dtype == torch.float32 and image.shape[0] == BANDS
    scale = min(2048 / 96, 512 / 80)
    wanted = cv2.resize(ours.astype(np.float32), (int(96 * scale + 0.5), int(80 * scale + 0.5)))
    np.testing.assert_allclose(image.permute(1, 2, 0).numpy(), wanted)


@pytest.mark.parametrize('means', [1, 3])
def test_means_of_other_channels_are_refused(folder: Path, means: int) -> None:
    config = downstream(folder)
    config.model.data_preprocessor.update(mean=MEAN[:means], std=STD[:means])
    with pytest.raises(ValueError, match=f'images have 4 channels, and model.data_preprocessor has {means} mean'):
        Runner.from_cfg(config).train()
