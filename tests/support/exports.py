"""Small checkpoints and downstream configs, every part real."""

from collections.abc import Callable
from typing import Any

import torch
from mmengine.config import Config

from mmdecon.models import DeCon
from tests.support import tiny

PLAIN = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8))
FPN_HEAD = dict(
    type='mmdecon.SegHeadDecoder',
    inputs=['p2', 'p3', 'p4', 'p5'],
    head=dict(type='mmseg.FPNHead', channels=8, norm_cfg=tiny.BN),
)
DENSE = dict(
    type='mmdecon.DenseHeadDecoder',
    inputs=['p2', 'p3', 'p4', 'p5'],
    head=dict(type='mmdet.FCOSHead', feat_channels=8, stacked_convs=2, norm_cfg=tiny.BN),
)
FCN_HEAD = dict(  # as torchvision has it, a quarter of 512 channels wide
    type='mmdecon.SegHeadDecoder',
    inputs='c5',
    head=dict(type='mmseg.FCNHead', channels=128, num_convs=1, concat_input=False, norm_cfg=tiny.BN),
)
SMP_FPN = dict(
    type='mmdecon.SMPDecoder',
    model=dict(type='smp.FPN', decoder_pyramid_channels=16, decoder_segmentation_channels=32),
)
BACKBONE = dict(type='mmseg.ResNet', depth=18, base_channels=8, norm_cfg=tiny.BN)


def jitter(name: str, value: torch.Tensor) -> torch.Tensor:
    """A tensor off its initial value."""
    return value + 0.1 * torch.rand_like(value) if value.is_floating_point() else value


def save(path, network: dict[str, Any], *levels: str, change: Callable[..., torch.Tensor] = jitter) -> str:
    """A checkpoint of a small DeCon whose halves and statistics differ."""
    branches = {f'at_{level}': tiny.branch(level) for level in levels}
    config = dict(type='mmdecon.DeCon', network=network, branches=branches)
    torch.manual_seed(0)
    model = DeCon(network, branches)
    state = {name: change(name, value) for name, value in model.state_dict().items()}
    torch.save(dict(state_dict=state, meta=dict(cfg=Config(dict(model=config)).pretty_text, iter=3, epoch=1)), path)
    return str(path)


def target(path, **changes: Any) -> str:
    """A segmenter's config file."""
    head = dict(type='FPNHead', in_channels=[8] * 4, in_index=[0, 1, 2, 3], feature_strides=[4, 8, 16, 32])
    head.update(channels=8, num_classes=5, norm_cfg=tiny.BN)
    neck = dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=8, num_outs=4, norm_cfg=tiny.BN)
    model = dict(type='EncoderDecoder', backbone=BACKBONE, neck=neck, decode_head=head)
    for part, values in changes.items():
        model[part] = {**model[part], **values}
    Config(dict(default_scope='mmseg', model=model)).dump(path)
    return str(path)
