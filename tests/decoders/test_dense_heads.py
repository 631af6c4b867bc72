"""Detectors' heads as decoders: their levels are what mmdet's own layers compute, and nothing else is left in them."""

import copy
from importlib.util import find_spec
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmdecon.export import convert, read_source, verify
from mmdecon.models.decoders.arguments import complete_dense_head
from mmdecon.registry import MODELS, build_foreign
from tests.support import tiny
from tests.support.exports import save

from .catalogue import BN, LEVELS, dense
from .dense_heads import DENSE_HEADS, ONE_ANCHOR

pytestmark = pytest.mark.skipif(find_spec('mmdet') is None, reason='mmdet is not installed')


def network(name: str, **options: Any) -> Any:
    decoder = copy.deepcopy(DENSE_HEADS[name].decoder)
    decoder['head'].update(options)
    return MODELS.build(tiny.network(decoder)).eval()


def levels_of(built: Any) -> dict[str, Tensor]:
    with torch.no_grad():
        return built(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(3)))


def through(layers: nn.ModuleList, x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


@pytest.mark.parametrize('name', ['RetinaHead', 'FCOSHead', 'ATSSHead', 'GFLHead', 'PAAHead', 'AutoAssignHead'])
def test_two_towers_that_all_levels_share(name: str) -> None:
    built = network(name)
    maps, head = levels_of(built), built.decoder['head'].dense_head
    assert built.decoder['head'].names == [f'{tower}{i}' for tower in ('cls', 'reg') for i in (3, 4, 5)]
    with torch.no_grad():
        for i in (3, 4, 5):
            torch.testing.assert_close(maps[f'cls{i}'], through(head.cls_convs, maps[f'p{i}']))
            torch.testing.assert_close(maps[f'reg{i}'], through(head.reg_convs, maps[f'p{i}']))
            assert built.levels[f'reg{i}'].stride == 1 << i and built.levels[f'reg{i}'].side == 'decoder'


def test_one_tower_of_proposals() -> None:
    built = network('RPNHead')
    maps, head = levels_of(built), built.decoder['head'].dense_head
    assert built.decoder['head'].names == ['t3', 't4', 't5']
    with torch.no_grad():
        for i in (3, 4, 5):
            torch.testing.assert_close(maps[f't{i}'], F.relu(head.rpn_conv(maps[f'p{i}'])))
    assert built.decoder['head'].classifiers == ['rpn_cls', 'rpn_reg']


def test_towers_of_each_level_by_itself() -> None:
    built = network('YOLOXHead')
    maps, head = levels_of(built), built.decoder['head'].dense_head
    with torch.no_grad():
        for i in range(3):
            torch.testing.assert_close(maps[f'cls{i + 3}'], head.multi_level_cls_convs[i](maps[f'p{i + 3}']))
            torch.testing.assert_close(maps[f'reg{i + 3}'], head.multi_level_reg_convs[i](maps[f'p{i + 3}']))
    assert len(built.decoder['head'].classifiers) == 9


def test_predictors_are_gone_and_what_stands_behind_them_is_not_trained() -> None:
    built = network('FCOSHead')
    decoder = built.decoder['head']
    assert decoder.classifiers == ['conv_cls', 'conv_reg', 'conv_centerness']
    assert not [name for name, _ in decoder.named_parameters() if name.split('.')[1] in decoder.classifiers]
    built.use(['cls3', 'reg5'])
    assert [name for name in built.unused if 'head' in name] == [
        f'decoder.head.dense_head.scales.{i}.scale' for i in (0, 1, 2)
    ]
    built = network('FCOSHead')
    built.use(['cls3'])
    assert {name.split('.')[3] for name in built.unused if 'head' in name} == {'reg_convs', 'scales'}


def test_a_pass_leaves_nothing_behind() -> None:
    built = network('RetinaHead').train()
    before = {key: set(vars(module)) for key, module in built.named_modules()}
    assert built(torch.randn(2, 3, 64, 64))['cls3'].requires_grad
    assert before == {key: set(vars(module)) for key, module in built.named_modules()}
    assert not any(part._forward_pre_hooks or part._forward_hooks for part in built.decoder['head'].modules())
    twin = copy.deepcopy(built).eval()
    assert torch.equal(levels_of(twin)['cls3'], levels_of(built.eval())['cls3'])


@pytest.mark.parametrize('name', ['RetinaHead', 'YOLOXHead', 'YOLOFHead', 'RTMDetSepBNHead'])
def test_towers_start_as_those_of_the_head(name: str) -> None:
    built = network(name)
    decoder = built.decoder['head']
    torch.manual_seed(1)
    decoder.init_weights()
    torch.manual_seed(1)
    whole = build_foreign(complete_dense_head(decoder.config, decoder.read))
    whole.init_weights()
    theirs = whole.state_dict()
    ours = decoder.dense_head.state_dict()
    assert ours and all(torch.equal(value, theirs[key]) for key, value in ours.items())


def test_a_head_starts_from_one_that_has_detected(tmp_path) -> None:
    decoder = DENSE_HEADS['RetinaHead'].decoder
    trained = build_foreign(dict(decoder['head']['head'], in_channels=8, num_classes=7))
    torch.save(dict(state_dict={f'bbox_head.{k}': v for k, v in trained.state_dict().items()}), tmp_path / 'det.pth')
    ignore = ('retina_cls.', 'retina_reg.')
    start = dict(type='Pretrained', checkpoint=str(tmp_path / 'det.pth'), prefix='bbox_head', ignore=ignore)
    built = network('RetinaHead', head=dict(decoder['head']['head'], init_cfg=start))
    built.init_weights()
    ours = built.decoder['head'].dense_head.cls_convs[0].conv.weight
    assert torch.equal(ours, trained.cls_convs[0].conv.weight)


@pytest.mark.parametrize(
    'entry, message',
    [
        (dense('RetinaHead', ['p3', 'p9']), "level 'p9' does not exist, but a DenseHeadDecoder reads it"),
        (dense('NoHead'), "there is no 'mmdet.NoHead' to build"),
        (dense('RetinaHead', in_channels=16), r'RetinaHead does not run on levels of the shapes \[\(1, 8, 8, 8\)'),
        (dense('RetinaHead', stacked_convs=0), 'RetinaHead has no layer before its retina_cls, retina_reg'),
        (dense('RetinaHead', predictors=['cls']), 'RetinaHead has no cls: predictors names layers of the head'),
        (dense('RetinaHead', predictors=['relu']), 'RetinaHead does not use its relu'),
        (dense('RetinaHead', names=['a', 'b']), r"for its predictors: .'retina_cls': 3, 'retina_reg': 3.*do not serve"),
        (dense('RetinaHead', names=['a'] * 6), 'do not serve'),
        (dense('FCOSHead', strides=[8, 16]), r"'conv_cls and conv_centerness': 2, .*as many levels as it is made for"),
        (dense('VFNetHead'), r'VFNetHead predicts in steps: its maps .* depend on what its vfnet_reg, '),
        (dense('FoveaHead', strides=[8, 16, 32], with_deform=True, deform_groups=1), 'FoveaHead predicts in steps'),
        (dense('DETRHead', norm_cfg=..., feat_channels=..., num_classes=3), 'DETRHead does not run on levels'),
        (dense('EmbeddingRPNHead', norm_cfg=..., feat_channels=...), 'EmbeddingRPNHead does not run on levels'),
    ],
)
def test_what_is_refused(entry, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MODELS.build(tiny.network(entry.decoder))


def test_names_may_be_given() -> None:
    names = ['a', 'b', 'c', 'x', 'y', 'z']
    built, plain = network('RetinaHead', names=names), network('RetinaHead')
    plain.load_state_dict(built.state_dict())
    ours, theirs = levels_of(built), levels_of(plain)
    assert [torch.equal(ours[a], theirs[b]) for a, b in zip(names, plain.decoder['head'].names)] == [True] * 6


def test_other_layers_may_be_new() -> None:
    predictors = ['cls_convs.3', 'reg_convs.3']
    built = network('ATSSHead', predictors=predictors)
    decoder, maps = built.decoder['head'], levels_of(built)
    assert decoder.classifiers == predictors and decoder.names[0] == 'cls3'
    with torch.no_grad():
        torch.testing.assert_close(maps['cls3'], through(decoder.dense_head.cls_convs[:3], maps['p3']))


def test_a_head_that_reads_other_levels_than_a_detector_gives_it_is_not_exported(tmp_path) -> None:
    entry = dense('RetinaHead', LEVELS[:2])
    source = read_source(save(tmp_path / 'decon.pth', tiny.network(entry.decoder), 'c5', 'cls3'))
    with pytest.raises(ValueError, match=r"decoder 'head' reads \['p3', 'p4'\], but .* is given \['p3', 'p4', 'p5'\]"):
        convert(source, 'mmdet')
    assert verify(source, convert(source, 'mmdet', decoders=['neck'])).equal


def test_no_segmenter_has_a_place_for_it(tmp_path) -> None:
    network = tiny.network(dense('ATSSHead', **ONE_ANCHOR).decoder)
    source = read_source(save(tmp_path / 'decon.pth', network, 'c5', 'cls3'))
    with pytest.raises(ValueError, match=r'decoder.head: the layout has no place for a dense_head, only for'):
        convert(source, 'mmseg')


def test_levels_that_feed_no_branch_are_left_out(tmp_path) -> None:
    network = tiny.network(dense('ATSSHead', norm_cfg=BN, **ONE_ANCHOR).decoder)
    source = read_source(save(tmp_path / 'decon.pth', network, 'cls3', 'cls4', 'cls5'))
    made = convert(source, 'mmdet')
    assert {name.split('.')[1] for name in made.untrained} == {'reg_convs', 'scales'}
    assert made.classifiers == [f'bbox_head.{name}.' for name in ('atss_cls', 'atss_reg', 'atss_centerness')]
    assert [name for name in verify(source, made).equal if name[0] in 'cr'][-3:] == ['cls3', 'cls4', 'cls5']
