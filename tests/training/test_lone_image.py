"""A last batch of one image: refused before training where batch norm would find a single value, else trained on."""

from pathlib import Path

import pytest
from mmengine.config import Config

from mmdecon.hooks.lone_image import REMEDY
from tests.support import here

CONFIG = here.ROOT / 'tests/training/tiny_any.py'
BN = dict(type='mmdecon.SyncBN')
VECTORS = dict(
    level='c5',
    weight=1.0,
    head=dict(type='mmdecon.VectorHead', hidden_channels=8, out_channels=4, norm_cfg=BN),
    objective=dict(type='mmdecon.VectorPrediction', hidden_channels=8, norm_cfg=BN),
)


def train(folder: Path, branches: dict | None = None, size: int = 64, **loader: object) -> list[dict]:
    """Eight images, views of ``size`` pixels; what was logged."""
    cfg = Config.fromfile(CONFIG)
    if branches is not None:
        cfg.model.branches = branches
    cfg.train_dataloader.update(loader)
    cfg.train_dataloader.dataset.pipeline[1].size = size
    cfg.train_cfg.max_epochs, cfg.param_scheduler = 1, None
    cfg.dump(folder / 'config.py')
    here.train(folder / 'work', config=str(folder / 'config.py'))
    return here.rows(folder / 'work')


@pytest.mark.parametrize(
    'options', [dict(branches=dict(enc=VECTORS)), dict(size=32)], ids=['vectors', 'maps of one cell']
)
def test_single_values_are_refused_before_training(options, tmp_path) -> None:
    with pytest.raises(SystemExit) as end:
        train(tmp_path, batch_size=7, drop_last=False, **options)
    assert '8 images in batches of train_dataloader.batch_size=7 leave a batch of one image' in end.value.code
    assert 'train_dataloader.drop_last=True' in end.value.code
    assert not list(tmp_path.rglob('*.pth')) and not list(tmp_path.rglob('scalars.json'))


def test_maps_of_more_cells_are_trained_on(tmp_path) -> None:
    assert len(train(tmp_path, batch_size=7, drop_last=False)) == 2


def test_no_single_image_is_left(tmp_path) -> None:
    assert len(train(tmp_path, dict(enc=VECTORS), batch_size=7, drop_last=True)) == 1


SEGMENTER = """
default_scope = 'mmseg'
bn = dict(type='BN')
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(type='SegDataPreProcessor', size=(64, 64), pad_val=0, seg_pad_val=255),
    backbone=dict(type='ResNet', depth=18, base_channels=8, norm_cfg=bn),
    decode_head=dict(
        type='PSPHead', in_channels=64, in_index=3, channels=8, pool_scales=(1, 2), num_classes=2, norm_cfg=bn
    ),
)
dataset = dict(
    type='BaseSegDataset',
    data_root='tests/data/nuclei',
    data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'),
    img_suffix='.png',
    ann_file='ImageSets/Segmentation/train_4.txt',
    metainfo=dict(classes=['background', 'nucleus']),
    indices=3,
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='Resize', scale=(64, 64)),
        dict(type='PackSegInputs'),
    ],
)
train_dataloader = dict(batch_size=2, sampler=dict(type='DefaultSampler', shuffle=True), dataset=dataset)
train_cfg = dict(by_epoch=True, max_epochs=1)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01))
default_hooks = dict(logger=dict(type='LoggerHook', interval=1))
"""


def test_a_segmenter_that_pools_a_single_image_says_so(tmp_path, monkeypatch) -> None:
    """mmseg's pyramid pooling has batch norm on maps of one cell: torch refuses a last batch of one image."""
    monkeypatch.chdir(here.ROOT)
    (tmp_path / 'segmenter.py').write_text(SEGMENTER)
    with pytest.raises(SystemExit) as end:
        here.train(tmp_path / 'one', config=str(tmp_path / 'segmenter.py'))
    assert end.value.code == f'error: batch norm found a single value of a channel in a batch of one image; {REMEDY}.'
    options = ('train_dataloader.drop_last=True',)
    here.train(tmp_path / 'two', config=str(tmp_path / 'segmenter.py'), options=options)
    assert len(here.rows(tmp_path / 'two')) == 1
