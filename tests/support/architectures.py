"""Small encoders of each architecture, for layouts: as wide as libraries insist on, and no deeper than need be."""

from importlib.util import find_spec
from typing import Any

import pytest
from mmpretrain.models.backbones.resnet import BasicBlock, ResNet
from mmpretrain.models.backbones.resnet import Bottleneck as ResNetBottleneck
from mmpretrain.models.backbones.resnext import Bottleneck, ResNeXt

from mmdecon.registry import MODELS
from tests.support import tiny

NEEDS_NONE = ('detectron2',)  # layouts that are proven without their library


@MODELS.register_module()
class ShortResNet(ResNet):
    """One block a stage."""

    arch_settings = {18: (BasicBlock, (1, 1, 1, 1)), 50: (ResNetBottleneck, (1, 1, 1, 1))}


@MODELS.register_module()
class ShortResNeXt(ResNeXt):
    """One block a stage."""

    arch_settings = {50: (Bottleneck, (1, 1, 1, 1))}


STAGES = dict(out_indices=(0, 1, 2, 3))
RESNET = dict(type='mmdecon.ShortResNet', norm_cfg=tiny.BN, **STAGES)
CONVNEXT = dict(
    type='mmpretrain.ConvNeXt',
    arch=dict(depths=[1, 1, 2, 1], channels=[8, 16, 24, 32]),
    gap_before_final_norm=False,
    **STAGES,
)
ENCODERS: dict[str, dict[str, Any]] = {
    'ResNet': dict(RESNET, depth=18),
    'ResNet, deep stem': dict(RESNET, depth=50, deep_stem=True),
    'ResNet-D': dict(RESNET, depth=50, deep_stem=True, avg_down=True),
    'ResNeXt': dict(RESNET, type='mmdecon.ShortResNeXt', depth=50, groups=32, width_per_group=4),
    'ConvNeXt': CONVNEXT,
    'ConvNeXt V2': dict(CONVNEXT, use_grn=True, layer_scale_init_value=0.0),
    'Swin': dict(
        type='mmpretrain.SwinTransformer',
        arch=dict(embed_dims=8, depths=[2, 1, 2, 2], num_heads=[1, 2, 2, 4]),
        window_size=2,
        pad_small_map=True,
        **STAGES,
    ),
    'ViT': dict(
        type='mmpretrain.VisionTransformer',
        arch=dict(embed_dims=24, num_layers=2, num_heads=2, feedforward_channels=48),
        img_size=64,
        out_type='featmap',
        out_indices=(0, 1),
    ),
    'HRNet': dict(
        type='mmpretrain.HRNet',
        norm_cfg=tiny.BN,
        extra={
            f'stage{i + 1}': dict(
                num_modules=1,
                num_branches=i + 1,
                block='BASIC' if i else 'BOTTLENECK',
                num_blocks=(1,) * (i + 1),
                num_channels=(8, 16, 24, 32)[: i + 1],
            )
            for i in range(4)
        },
    ),
}


def network(name: str, decoder: dict[str, Any] | None = None) -> dict[str, Any]:
    """Config of a network with one of the encoders, without a decoder unless one is given."""
    names = dict(level_names=['layer1', 'layer2']) if name == 'ViT' else {}
    return tiny.network(decoder or {}, encoder=ENCODERS[name], **names)


LIBRARIES = dict(smp='segmentation_models_pytorch')  # of layouts that are not called as their library


def need_library(layout: str) -> None:
    """Skips a test of a layout whose library is not installed."""
    library = LIBRARIES.get(layout, layout.partition('.')[0])
    if library not in NEEDS_NONE and find_spec(library) is None:
        pytest.skip(f'{library} is not installed')
