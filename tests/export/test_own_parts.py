"""Exports tried in the library's own classes, as without --target: which levels are the same, what is refused."""

from importlib.util import find_spec
from typing import Any

import pytest

from mmdecon.export import convert, get_layout, read_source, verify
from mmdecon.export.layouts.mmseg import MMSeg
from mmdecon.export.layouts.openmmlab import FLAT_STEM
from mmdecon.export.layouts.rules import apply_rules
from mmdecon.models.decoders.arguments import full_type
from mmdecon.registry import LAYOUTS
from tests.support import tiny
from tests.support.exports import FPN_HEAD, PLAIN, save

ENCODER = ['c2', 'c3', 'c4', 'c5']
FCN = dict(type='mmseg.FCNHead', channels=8, norm_cfg=tiny.BN)
CONVNEXT = dict(type='mmpretrain.ConvNeXt', arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 24, 32]))


def head(inputs: Any, type_name: str = 'mmseg.FCNHead') -> dict[str, Any]:
    return dict(type='mmdecon.SegHeadDecoder', inputs=inputs, head=dict(FCN, type=type_name))


def resnet(type_name: str = 'mmpretrain.ResNet', **options: Any) -> dict[str, Any]:
    return dict(tiny.RESNET, type=type_name, **options)


def source(folder, network: dict[str, Any], *levels: str):
    return read_source(save(folder / 'decon.pth', network, *levels))


@pytest.mark.parametrize(
    'decoder, level, equal',
    [
        (dict(head=head('c5')), 'out', [*ENCODER, 'out']),
        (dict(head=head('c4')), 'out', ['c2', 'c3', 'c4', 'out']),  # c5 feeds no branch
        (dict(head=head(ENCODER, 'mmseg.UPerHead')), 'out', [*ENCODER, 'out']),
        (dict(head=head(ENCODER[1:], 'mmseg.UPerHead')), 'out', [*ENCODER, 'out']),
        (dict(fpn=PLAIN, head=FPN_HEAD), 'out', [*ENCODER, 'p2', 'p3', 'p4', 'p5', 'out']),
        (dict(fpn=dict(PLAIN, inputs=ENCODER[1:])), 'p3', ['c3', 'c4', 'c5', 'p3']),  # as necks of detectors read
        (dict(fpn=dict(PLAIN, neck=dict(PLAIN['neck'], norm_cfg=dict(type='mmdecon.SyncBN')))), 'p2', [*ENCODER, 'p2']),
    ],
)
def test_decoders(tmp_path, decoder, level: str, equal) -> None:
    pretrained = source(tmp_path, tiny.network(decoder), level)
    assert verify(pretrained, convert(pretrained, 'mmseg')).equal == equal


@pytest.mark.parametrize('layout', ['mmseg', 'mmdet'])
@pytest.mark.parametrize(
    'encoder, mmseg, mmdet',
    [
        (resnet(), 'mmseg.models.backbones.resnet.ResNet', 'mmdet.models.backbones.resnet.ResNet'),
        (resnet(deep_stem=True), 'mmseg.models.backbones.resnet.ResNet', 'mmdet.models.backbones.resnet.ResNet'),
        (
            dict(resnet('ResNetV1c'), _scope_='mmpretrain', drop_path_rate=0.1),
            'mmseg.models.backbones.resnet.ResNetV1c',
            'mmdet.models.backbones.resnet.ResNet',
        ),
        (
            resnet('mmseg.ResNetV1c'),
            'mmseg.models.backbones.resnet.ResNetV1c',
            'mmdet.models.backbones.resnet.ResNet',
        ),
        (
            dict(CONVNEXT, out_indices=(0, 1, 2, 3), gap_before_final_norm=False),
            *['mmpretrain.models.backbones.convnext.ConvNeXt'] * 2,
        ),
    ],
)
def test_encoders(tmp_path, layout: str, encoder, mmseg: str, mmdet: str) -> None:
    if layout == 'mmdet' and find_spec('mmdet') is None:
        pytest.skip('mmdet is not installed')
    pretrained = source(tmp_path, tiny.network(dict(fpn=tiny.FPN), encoder=encoder), 'p2')
    made = convert(pretrained, layout)
    kind = type(get_layout(layout).build_target(pretrained, made).backbone)
    assert f'{kind.__module__}.{kind.__name__}' == (mmseg if layout == 'mmseg' else mmdet)
    assert verify(pretrained, made).equal == [*ENCODER, 'p2']


def test_levels_with_names_of_their_own(tmp_path) -> None:
    network = tiny.network({}, encoder=resnet(), level_names=['a', 'b', 'c', 'd'])
    pretrained = source(tmp_path, network, 'd')
    assert verify(pretrained, convert(pretrained, 'mmseg', 'encoder')).equal == ['a', 'b', 'c', 'd']


def test_decoders_that_do_not_follow_each_other_downstream(tmp_path) -> None:
    beside = source(tmp_path, tiny.network(dict(fpn=tiny.FPN, head=head('c5'))), 'p2', 'out')
    with pytest.raises(ValueError, match=r"decoder 'head' reads \['c5'\].*with --decoder"):
        convert(beside, 'mmseg')
    assert verify(beside, convert(beside, 'mmseg', decoders=['head'])).equal == [*ENCODER, 'out']
    behind = source(tmp_path, tiny.network(dict(fpn=tiny.FPN, head=FPN_HEAD)), 'out')
    with pytest.raises(ValueError, match=r"decoder 'head' reads \['p2', .*it is given \['c2'"):
        convert(behind, 'mmseg', decoders=['head'])


def test_norms_that_cannot_be_folded(tmp_path) -> None:
    group_norm = dict(PLAIN, neck=dict(PLAIN['neck'], norm_cfg=dict(type='GN', num_groups=2)))
    with pytest.raises(ValueError, match=r"decoder 'fpn' has \['GroupNorm'\], which --fold-norm cannot fold"):
        convert(source(tmp_path, tiny.network(dict(fpn=group_norm)), 'p2'), 'mmseg', fold_norm=True)
    with pytest.raises(ValueError, match='--fold-norm finds no neck with norms'):
        convert(source(tmp_path, tiny.network(dict(fpn=PLAIN)), 'p2'), 'mmseg', fold_norm=True)


def test_a_rule_for_every_name_and_a_name_for_one_tensor() -> None:
    renamed = apply_rules({'stem.2.conv.weight': 1, 'stem.0.bn.bias': 2, 'layer1.0.bn1.bias': 3}, FLAT_STEM, 'encoder')
    assert renamed == {'stem.6.weight': 1, 'stem.1.bias': 2, 'layer1.0.bn1.bias': 3}
    with pytest.raises(ValueError, match=r'0 rules of the layout match stem.3.conv.weight'):
        apply_rules({'stem.3.conv.weight': 1}, FLAT_STEM, 'encoder')
    with pytest.raises(ValueError, match=r'2 rules of the layout match a '):
        apply_rules({'a': 1}, ((r'(.+)', r'\1'), (r'a', r'b')), 'encoder')
    with pytest.raises(ValueError, match=r'b and another tensor become c by the rules'):
        apply_rules({'a': 1, 'b': 2}, ((r'[ab]', r'c'),), 'encoder')
    assert full_type(dict(type='mmseg.ResNet', _scope_='mmpretrain')) == 'mmseg.ResNet'


@pytest.mark.parametrize(
    'levels, message',
    [
        (
            dict(p2='out'),
            r"\['out'\] are none of the network, .*; \['p2'\] of the exported decoders are not among them",
        ),
        (dict(p2=None), r"\['p2'\] of the exported decoders are not among them, so that nothing would prove them"),
    ],
)
def test_no_decoder_is_exported_without_proof(tmp_path, monkeypatch, levels, message) -> None:
    class Misspelt(MMSeg):
        def run(self, *args: Any) -> dict[str, Any]:
            maps = {levels.get(name, name): x for name, x in super().run(*args).items()}
            return {name: x for name, x in maps.items() if name is not None}

    monkeypatch.setitem(LAYOUTS.module_dict, 'misspelt', Misspelt)
    pretrained = source(tmp_path, tiny.network(dict(fpn=PLAIN)), 'p2')
    with pytest.raises(ValueError, match=message):
        verify(pretrained, convert(pretrained, 'misspelt'))


def test_a_layout_whose_encoder_is_the_whole_model(tmp_path, monkeypatch) -> None:
    class Bare(MMSeg):
        places = dict(encoder='')

    monkeypatch.setitem(LAYOUTS.module_dict, 'bare', Bare)
    pretrained = source(tmp_path, tiny.network(dict(fpn=PLAIN)), 'p2')
    bare, usual = (convert(pretrained, layout, 'encoder').state for layout in ('bare', 'mmseg'))
    assert {f'backbone.{name}' for name in bare} == set(usual)
    assert Bare().part('conv1.weight') == '' and Bare().part('layer1.0.bn1.bias') == ''
