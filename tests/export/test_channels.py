"""Exports of encoders that take another number of channels than three."""

from typing import Any

import pytest
import torch

from mmdecon.export import check_fit, convert, get_layout, read_source, verify
from mmdecon.registry import build_foreign
from tests.support import tiny
from tests.support.architectures import ENCODERS, need_library, network
from tests.support.exports import BACKBONE, FPN_HEAD, save, target
from tests.support.wide import sampled

LAYOUTS = {
    'mmseg': ['ResNet, deep stem', 'Swin'],
    'mmdet': ['ResNet', 'Swin'],
    'mmpretrain': ['ResNet', 'ConvNeXt'],
    'timm': ['ResNet', 'ResNet, deep stem', 'ConvNeXt', 'Swin', 'ViT'],
    'torchvision': ['ResNet', 'ConvNeXt', 'Swin', 'ViT'],
    'torchvision.detection': ['ResNet'],
    'torchvision.segmentation': ['ResNet'],
    'detectron2': ['ResNet'],
}
PAIRS = [(layout, name) for layout, names in LAYOUTS.items() for name in names]


def source(folder, name: str, channels: int = 4) -> Any:
    config = network(name)
    config['encoder'] = dict(config['encoder'], in_channels=channels)
    levels = ['layer1', 'layer2'] if name == 'ViT' else ['c2', 'c3', 'c4', 'c5']
    return read_source(save(folder / 'decon.pth', config, *levels))


@pytest.mark.parametrize('layout, name', sampled(PAIRS, 4))
def test_features_are_equal(tmp_path, layout: str, name: str) -> None:
    need_library(layout)
    pretrained = source(tmp_path, name)
    made = convert(pretrained, layout, 'encoder')
    assert verify(pretrained, made).equal[-1] == pretrained.network.level_names[-1]
    assert sum(x.dim() == 4 and x.shape[1] == 4 for x in made.state.values()) == 1


@pytest.mark.parametrize(
    'layout, model',
    [
        ('timm', 'resnet18'),
        ('torchvision', 'resnet18'),
        pytest.param('torchvision.detection', 'fasterrcnn_resnet50_fpn', marks=pytest.mark.wide),
        pytest.param('torchvision.segmentation', 'fcn_resnet50', marks=pytest.mark.wide),
    ],
)
def test_models_by_name(tmp_path, layout: str, model: str) -> None:
    need_library(layout)
    depth = 18 if '18' in model else 50
    encoder = dict(tiny.RESNET, depth=depth, base_channels=64, in_channels=2)
    if 'fcn' in model:
        encoder.update(type='mmseg.ResNet', strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4), contract_dilation=True)
    config = tiny.network({}, encoder=encoder)
    path = save(tmp_path / 'decon.pth', config, 'c5', change=lambda name, value: value)  # 50 layers would diverge
    pretrained = read_source(path)
    assert verify(pretrained, convert(pretrained, layout, 'encoder'), model).equal[-1] == 'c5'


FPN4 = tiny.network(dict(fpn=tiny.FPN, head=FPN_HEAD), encoder=dict(BACKBONE, in_channels=4))


def test_a_target_of_as_many_channels(tmp_path) -> None:
    pretrained = read_source(save(tmp_path / 'decon.pth', FPN4, 'c5', 'p2', 'out'))
    config = target(tmp_path / 'target.py', backbone=dict(BACKBONE, in_channels=4))
    assert verify(pretrained, convert(pretrained, 'mmseg'), config).equal == [
        *['c2', 'c3', 'c4', 'c5', 'p2', 'p3', 'p4', 'p5', 'out']
    ]


def test_a_target_of_three_channels_is_refused_by_name(tmp_path) -> None:
    pretrained = read_source(save(tmp_path / 'decon.pth', FPN4, 'c5', 'p2', 'out'))
    with pytest.raises(ValueError) as found:
        verify(pretrained, convert(pretrained, 'mmseg'), target(tmp_path / 'target.py'))
    said = str(found.value)
    assert 'backbone (1 tensors): backbone.conv1.weight is (64, 4, 7, 7) here and (64, 3, 7, 7) there' in said
    assert said.endswith(
        'The target takes images of 3 channels, the pre-trained encoder of 4: set model.backbone.in_channels=4 there, '
        'and give its data_preprocessor as many means.'
    )


@pytest.mark.parametrize(
    'layout, how', [('timm', 'create it with in_chans=4'), ('torchvision', 'give its first convolution 4 inputs')]
)
def test_other_libraries_are_told_theirs(tmp_path, layout: str, how: str) -> None:
    need_library(layout)
    made = convert(source(tmp_path, 'ResNet'), layout, 'encoder')
    three = source(tmp_path, 'ResNet', 3)
    with pytest.raises(ValueError, match=f'images of 3 channels, the pre-trained encoder of 4: {how}'):
        check_fit(made.state, get_layout(layout).build_target(three, made), get_layout(layout))


def test_another_width_is_no_matter_of_channels(tmp_path) -> None:
    pretrained = source(tmp_path, 'ResNet')
    model = torch.nn.ModuleDict(dict(backbone=build_foreign(dict(ENCODERS['ResNet'], depth=18, base_channels=32))))
    with pytest.raises(ValueError, match='The backbones differ'):
        check_fit(convert(pretrained, 'mmpretrain', 'encoder').state, model, get_layout('mmpretrain'))


def test_nor_are_the_channels_that_a_neck_reads(tmp_path) -> None:
    pretrained = read_source(save(tmp_path / 'decon.pth', FPN4, 'c5', 'p2', 'out'))
    changes = dict(backbone=dict(BACKBONE, in_channels=4), neck=dict(in_channels=[16, 16, 32, 64]))
    with pytest.raises(ValueError, match=r'In neck \(1 tensors\).* The decoders differ') as found:
        verify(pretrained, convert(pretrained, 'mmseg'), target(tmp_path / 'target.py', **changes))
    assert 'takes images of' not in str(found.value)
