"""Small downstream configs, as users write them: with what only fine-tuning needs."""

from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmdecon.pretrain_for import Plan, Run, config_text, make_plan, read_downstream
from mmdecon.pretrain_for.config_file import read_text
from mmdecon.pretrain_for.python_text import as_code

BN = dict(type='SyncBN', requires_grad=True)
RESNET = dict(
    type='ResNetV1c',
    depth=18,
    base_channels=8,
    stem_channels=8,
    frozen_stages=1,
    norm_eval=True,
    norm_cfg=BN,
    init_cfg=dict(type='Pretrained', checkpoint='absent.pth'),
)
LOSS = dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)
CHANNELS = [8, 16, 32, 64]
UPER = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor', mean=[13.0] * 3, std=[20.0] * 3, bgr_to_rgb=True, pad_val=0, seg_pad_val=255
    ),
    pretrained='open-mmlab://resnet18_v1c',
    backbone=RESNET,
    decode_head=dict(
        type='UPerHead',
        in_channels=CHANNELS,
        in_index=[0, 1, 2, 3],
        pool_scales=(1, 2, 3, 6),
        channels=8,
        dropout_ratio=0.1,
        num_classes=2,
        norm_cfg=BN,
        align_corners=False,
        loss_decode=LOSS,
    ),
    auxiliary_head=dict(
        type='FCNHead', in_channels=32, in_index=2, channels=8, num_convs=1, num_classes=2, loss_decode=LOSS
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)


def write(folder: Path, model: dict[str, Any], scope: str = 'mmseg', name: str = 'model.py', **entries: Any) -> str:
    """Writes a config."""
    lines = [f'{key} = {as_code(value)}' for key, value in dict(default_scope=scope, model=model, **entries).items()]
    path = folder / name
    path.write_text('\n'.join(lines) + '\n')
    return str(path)


def plan(folder: Path, model: dict[str, Any], scope: str = 'mmseg', **options: Any) -> Plan:
    """What is derived from a model."""
    return make_plan(read_downstream(write(folder, model, scope)), **options)


def made(folder: Path, downstream: dict[str, Any] = UPER, size: int = 224, **options: Any) -> Config:
    """The config of a small model, as it is read."""
    given: dict[str, Any] = dict(method='slotcon', folders=['a b/c'], images=40, batch_size=8, epochs=100)
    given.update(fast=True, init=None, workers=2)
    plan = make_plan(read_downstream(write(folder, downstream)), size)
    return read_text(config_text(plan, Run(**{**given, **options}), folder), folder)
