"""Parts of pre-trained decoders in other decoders: what is moved, what is left, and that it computes the same there."""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmdecon.export import Export, Source, check_fit, get_layout, read_export, read_source, transplant, verify, write
from mmdecon.export.roles import ROLES, roles_of
from mmdecon.registry import MODELS, build_foreign
from tests.decoders.dense_heads import DENSE_HEADS
from tests.decoders.heads import HEADS
from tests.decoders.necks import NECKS
from tests.decoders.trial import config as config_of
from tests.support import tiny
from tests.support.exports import BACKBONE, FPN_HEAD, PLAIN, save

BN = tiny.BN
NARROW = [8, 16, 32, 64]
P = ['p2', 'p3', 'p4', 'p5']
needs_mmdet = pytest.mark.skipif(find_spec('mmdet') is None, reason='mmdet is not installed')


def uper(**options: Any) -> dict[str, Any]:
    head = dict(type='UPerHead', in_channels=NARROW, in_index=[0, 1, 2, 3], channels=8, pool_scales=(1, 2))
    return dict(decode_head={**head, 'num_classes': 5, 'norm_cfg': BN, **options})


def detector(neck: dict[str, Any], head: dict[str, Any] | None = None) -> dict[str, Any]:
    head = head or dict(type='FCOSHead', in_channels=8, feat_channels=8, num_classes=5, norm_cfg=BN)
    return dict(type='SingleStageDetector', neck=dict(in_channels=NARROW, out_channels=8, **neck), bbox_head=head)


def target(path: Path, scope: str, **model: Any) -> str:
    backbone = dict(BACKBONE, type=f'{scope}.ResNet', stem_channels=64)
    model = {'type': 'EncoderDecoder', 'backbone': backbone, **model}
    Config(dict(default_scope=scope, model=model)).dump(path)
    return str(path)


def pretrained(folder: Path, decoder: dict[str, Any], *levels: str, **options: Any) -> Source:
    network = tiny.network(decoder, **options)
    levels = levels or tuple(list(MODELS.build(network).decoder.values())[-1].names)
    return read_source(save(folder / 'decon.pth', network, 'c5', *levels))


def moved(export: Export) -> dict[str, str]:
    return {move.target: move.source.removeprefix('decoder.') for move in export.moves}


def loaded(config: str, export: Export) -> Any:
    """The target with an export in it, loaded as mmengine loads."""
    cfg = Config.fromfile(config)
    init_default_scope(cfg.default_scope)
    model = build_foreign(dict(cfg.model, _scope_=cfg.default_scope)).eval()
    missing, unexpected = model.load_state_dict(export.state, strict=False)
    assert unexpected == [] and {*export.new} <= {*missing}
    return model


def test_a_pyramid_becomes_the_pyramid_of_an_upernet(tmp_path) -> None:
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), *P)
    config = target(tmp_path / 'target.py', 'mmseg', **uper())
    made = transplant(source, 'mmseg', config)
    assert moved(made) == {
        f'decode_head.{name}.{i}': f'fpn.neck.{name}.{i}' for name in ('lateral_convs', 'fpn_convs') for i in (0, 1, 2)
    }
    assert [move.role for move in made.moves] == [
        f'{what} of c{i}' for what in ('lateral', 'output') for i in (2, 3, 4)
    ]
    assert {name.rsplit('.', 2)[0] for name in made.left} == {
        f'decoder.fpn.neck.{name}.3' for name in ('lateral_convs', 'fpn_convs')
    }
    assert {*made.left.values()} == {'lateral of c5: the target has none', 'output of c5: the target has none'}
    parts = {name.split('.')[1] for name in made.new}
    assert parts == {'psp_modules', 'bottleneck', 'fpn_bottleneck', 'conv_seg'}
    model, image = loaded(config, made), torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours, theirs = source.network.encode(image), model.backbone(image)
        for i in range(3):
            a = source.network.decoder['fpn'].neck.lateral_convs[i](ours[f'c{i + 2}'])
            b = model.decode_head.lateral_convs[i](theirs[i], activate=False)
            torch.testing.assert_close(a, b)
            a, b = source.network.decoder['fpn'].neck.fpn_convs[i](a), model.decode_head.fpn_convs[i](b, activate=False)
            torch.testing.assert_close(a, b)
    assert verify(source, made, config).equal == ['c2', 'c3', 'c4', 'c5']


def test_an_upernet_gives_its_pyramid_back(tmp_path) -> None:
    head = dict(type='mmseg.UPerHead', channels=8, pool_scales=(1, 2), norm_cfg=BN)
    source = pretrained(
        tmp_path, dict(head=dict(type='mmdecon.SegHeadDecoder', inputs=['c2', 'c3', 'c4', 'c5'], head=head))
    )
    neck = dict(type='FPN', in_channels=NARROW, out_channels=8, num_outs=4, norm_cfg=BN)
    head = dict(type='FPNHead', in_channels=[8] * 4, in_index=[0, 1, 2, 3], feature_strides=[4, 8, 16, 32])
    head.update(channels=8, num_classes=5, norm_cfg=BN)
    config = target(tmp_path / 'target.py', 'mmseg', neck=neck, decode_head=head)
    made = transplant(source, 'mmseg', config)
    assert moved(made) == {
        f'neck.{name}.{i}': f'head.decode_head.{name}.{i}' for name in ('lateral_convs', 'fpn_convs') for i in (0, 1, 2)
    }
    found = verify(source, made, config)
    assert {name.rsplit('.', 2)[0] for name in made.new} == {'neck.lateral_convs.3', 'neck.fpn_convs.3'}
    assert 'decode_head (not in this export)' in found.fit.new


def test_norms_that_the_target_lacks_are_folded(tmp_path) -> None:
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), *P)
    config = target(tmp_path / 'target.py', 'mmseg', **uper(norm_cfg=None))
    made = transplant(source, 'mmseg', config)
    assert len(made.moves) == 6 and all(move.folded for move in made.moves)
    assert {name.rpartition('.')[2] for name in made.state if name.startswith('decode_head')} == {'weight', 'bias'}
    assert verify(source, made, config).equal


def test_norms_that_pre_training_lacked_keep_all_from_moving(tmp_path) -> None:
    source = pretrained(tmp_path, dict(fpn=PLAIN), *P)
    config = target(tmp_path / 'target.py', 'mmseg', **uper())
    with pytest.raises(
        ValueError, match=r'nothing of the decoders of .*lateral of c2: conv.bias is not there.*--part encoder'
    ):
        transplant(source, 'mmseg', config)


def test_other_widths_and_other_options_keep_a_part_from_moving(tmp_path) -> None:
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), *P)
    with pytest.raises(
        ValueError, match=r'lateral of c2: conv.weight is \(8, 8, 1, 1\) here and \(16, 8, 1, 1\) there'
    ):
        transplant(source, 'mmseg', target(tmp_path / 'target.py', 'mmseg', **uper(channels=16)))
    with pytest.raises(ValueError, match='it computes another thing there'):
        transplant(source, 'mmseg', target(tmp_path / 'target.py', 'mmseg', **uper(norm_cfg=dict(BN, eps=0.1))))


def test_what_was_not_trained_is_left(tmp_path) -> None:
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), 'p3')
    made = transplant(source, 'mmseg', target(tmp_path / 'target.py', 'mmseg', **uper()))
    assert [move.role for move in made.moves] == ['lateral of c3', 'lateral of c4', 'output of c3']
    assert made.left['decoder.fpn.neck.fpn_convs.0.conv.weight'] == 'output of c2: it was not pre-trained'
    assert made.left['decoder.fpn.neck.lateral_convs.0.bn.running_mean'] == 'lateral of c2: it was not pre-trained'


@needs_mmdet
@pytest.mark.parametrize(
    'extra, others, moves',
    [('on_output', 'on_output', 8), ('on_output', 'on_lateral', 6), (False, 'on_output', 6)],
)
def test_a_pyramid_of_other_levels(tmp_path, extra: Any, others: str, moves: int) -> None:
    """Lists that begin at c2 here and at c3 there; coarser levels move where they are made of the same."""
    neck = dict(tiny.FPN['neck'], num_outs=6 if extra else 4, add_extra_convs=extra)
    source = pretrained(tmp_path, dict(fpn=dict(tiny.FPN, neck=neck)), probe_size=128)
    theirs = dict(type='FPN', start_level=1, num_outs=5, add_extra_convs=others, norm_cfg=BN)
    config = target(tmp_path / 'target.py', 'mmdet', **detector(theirs))
    made = transplant(source, 'mmdet', config)
    assert len(made.moves) == moves
    assert moved(made)['neck.lateral_convs.0'] == 'fpn.neck.lateral_convs.1'
    assert ('neck.fpn_convs.3' in moved(made)) == (moves == 8)
    found = verify(source, made, config)
    assert found.equal == ['c2', 'c3', 'c4', 'c5'] and 'bbox_head (not in this export)' in found.fit.new


@needs_mmdet
def test_a_path_aggregating_pyramid_keeps_its_second_path(tmp_path) -> None:
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), *P)
    config = target(tmp_path / 'target.py', 'mmdet', **detector(dict(type='PAFPN', num_outs=4, norm_cfg=BN)))
    made = transplant(source, 'mmdet', config)
    assert len(made.moves) == 8 and made.left == {}
    assert {name.split('.')[1] for name in made.new} == {'downsample_convs', 'pafpn_convs'}
    assert verify(source, made, config).equal


@needs_mmdet
def test_towers_become_those_of_another_head(tmp_path) -> None:
    head = dict(type='mmdet.ATSSHead', feat_channels=8, norm_cfg=BN)
    decoder = dict(fpn=tiny.FPN, head=dict(type='mmdecon.DenseHeadDecoder', inputs=P, head=head))
    source = pretrained(tmp_path, decoder)
    config = target(tmp_path / 'target.py', 'mmdet', **detector(dict(type='FPN', num_outs=4, norm_cfg=BN)))
    made = transplant(source, 'mmdet', config)
    towers = {k: v for k, v in moved(made).items() if k.startswith('bbox_head')}
    assert towers == {
        f'bbox_head.{name}.{i}': f'head.dense_head.{name}.{i}' for name in ('cls_convs', 'reg_convs') for i in range(4)
    }
    model, x = loaded(config, made), torch.randn(1, 8, 6, 6)
    with torch.no_grad():
        for ours, theirs in zip(source.network.decoder['head'].dense_head.cls_convs, model.bbox_head.cls_convs):
            torch.testing.assert_close(ours(x), theirs(x))
    assert {name.split('.')[1] for name in made.new} == {'conv_cls', 'conv_reg', 'conv_centerness', 'scales'}


def test_what_is_refused(tmp_path) -> None:
    fcn = dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_classes=5)
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), *P)
    with pytest.raises(
        ValueError, match=r"parts of the decoders \['FCNHead'\] of .* are for; it knows .*--part encoder"
    ):
        transplant(source, 'mmseg', target(tmp_path / 'target.py', 'mmseg', decode_head=fcn))
    with pytest.raises(ValueError, match=r"no decoder \['x'\]"):
        transplant(source, 'mmseg', target(tmp_path / 'target.py', 'mmseg', **uper()), ['x'])
    both = dict(a=tiny.FPN, b=dict(tiny.FPN, prefix='q'))
    with pytest.raises(ValueError, match='are both the lateral of c2: choose one with --decoder'):
        transplant(pretrained(tmp_path, both), 'mmseg', target(tmp_path / 'target.py', 'mmseg', **uper()))
    head = dict(type='mmdecon.SegHeadDecoder', inputs='c5', head=dict(type='mmseg.FCNHead', channels=8, norm_cfg=BN))
    with pytest.raises(ValueError, match=r"parts of the decoders \['head'\] of .* are for"):
        transplant(pretrained(tmp_path, dict(head=head)), 'mmseg', target(tmp_path / 'target.py', 'mmseg', **uper()))


def test_what_is_changed_on_the_way_is_noticed(tmp_path) -> None:
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), *P)
    config = target(tmp_path / 'target.py', 'mmseg', **uper())
    made = transplant(source, 'mmseg', config)
    made.state['decode_head.fpn_convs.1.conv.weight'] = 1.01 * made.state['decode_head.fpn_convs.1.conv.weight']
    with pytest.raises(ValueError, match=r'decode_head.fpn_convs.1, the output of c3, differs by .* from decoder.fpn'):
        verify(source, made, config)


def test_the_file_tells_what_it_lacks(tmp_path) -> None:
    """As VerifyLoad asks it: the target fits, one whose decoder has further parts does not."""
    source = pretrained(tmp_path, dict(fpn=tiny.FPN, head=FPN_HEAD))
    config = target(tmp_path / 'target.py', 'mmseg', **uper())
    made = transplant(source, 'mmseg', config)
    write(source, made, str(tmp_path / 'out.pth'))
    content = read_export(str(tmp_path / 'out.pth'))
    about = content['meta']['mmdecon']
    assert about['moves'][0] == vars(made.moves[0]) and about['left'] == made.left and about['new'] == made.new
    assert about['left']['decoder.head.decode_head.scale_heads.0.0.conv.weight'] == 'it has no role'
    assert about['part'] == 'encoder, parts of decoders' and about['decoders'] == []
    absent = {key: about[key] for key in ('untrained', 'classifiers', 'new')}
    fit = check_fit(content['state_dict'], loaded(config, made), get_layout('mmseg'), **absent)
    assert [name for names in fit.new.values() for name in names] == made.new
    other = target(tmp_path / 'other.py', 'mmseg', **uper(pool_scales=(1, 2, 3)))
    with pytest.raises(ValueError, match='decode_head.*psp_modules.2.* would stay random'):
        check_fit(
            content['state_dict'],
            build_foreign(dict(Config.fromfile(other).model, _scope_='mmseg')),
            get_layout('mmseg'),
            **absent,
        )


def test_the_tool_lists_all(tmp_path, monkeypatch, capsys) -> None:
    source = pretrained(tmp_path, dict(fpn=tiny.FPN), *P)
    config = target(tmp_path / 'target.py', 'mmseg', **uper())
    arguments = ['export.py', source.path, str(tmp_path / 'out.pth'), '--layout', 'mmseg', '--transplant']
    monkeypatch.setattr(sys, 'argv', arguments)
    with pytest.raises(
        SystemExit, match='--transplant fills the decoder of a target.*give --target CONFIG.*Nothing was written'
    ):
        runpy.run_path('tools/export.py', run_name='__main__')
    monkeypatch.setattr(sys, 'argv', [*arguments, '--target', config])
    runpy.run_path('tools/export.py', run_name='__main__')
    lines = capsys.readouterr().out.splitlines()
    moved_line = next(line for line in lines if line.startswith('moved: '))
    assert moved_line.startswith(
        'moved: decoder.fpn.neck.lateral_convs.0 -> decode_head.lateral_convs.0 (lateral of c2): conv.weight, bn.weight'
    )
    assert [len([line for line in lines if line.startswith(f'{word}: ')]) for word in ('moved', 'left')] == [6, 12]
    assert 'new: decode_head.conv_seg.weight' in lines and 'same features in the target: c2, c3, c4, c5' in lines
    assert (tmp_path / 'out.pth').exists()


@pytest.mark.parametrize('kind', ROLES)
def test_every_class_of_the_table_has_the_lists_that_it_names(kind: str) -> None:
    library, _, name = kind.partition('.')
    entry = {**HEADS, **NECKS, **DENSE_HEADS}.get(name) or NECKS[kind]
    if any(find_spec(needed) is None for needed in (library, entry.needs)):
        pytest.skip(f'needs {library} and {entry.needs}')
    decoder = list(MODELS.build(config_of(entry)).decoder.values())[-1]
    found = roles_of(kind, decoder.part, decoder.inputs)
    assert {path.partition('.')[0] for path in found.values()} == {series.modules for series in ROLES[kind]}


def test_levels_that_pre_training_lacks_have_no_role() -> None:
    upper = build_foreign(dict(uper()['decode_head'], type='mmseg.UPerHead', num_classes=3))
    assert roles_of('mmseg.UPerHead', upper, [None, 'c3', 'c4', 'c5']).keys() == {
        (what, f'c{i}') for what in ('lateral', 'output') for i in (3, 4)
    }
    assert roles_of('mmseg.FCNHead', upper, ['c2']) == {}
