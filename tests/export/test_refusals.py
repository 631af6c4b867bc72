"""What cannot work is refused, with the remedy, and nothing is written."""

import runpy
import sys
from typing import Any, Dict

import pytest
import torch
from mmengine.config import Config

from mmdecon.checkpoint import load_file
from mmdecon.export import convert, read_export, read_source, verify, write
from mmdecon.models import DeCon

from ..models import tiny

PLAIN = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8))
FPN_HEAD = dict(
    type='mmdecon.SegHeadDecoder',
    inputs=['p2', 'p3', 'p4', 'p5'],
    head=dict(type='mmseg.FPNHead', channels=8, norm_cfg=tiny.BN),
)
BACKBONE = dict(type='mmseg.ResNet', depth=18, base_channels=8, norm_cfg=tiny.BN)


def save(path, network: Dict[str, Any], *levels: str) -> str:
    """A checkpoint of a small DeCon whose halves and statistics differ."""
    branches = {f'at_{level}': tiny.branch(level) for level in levels}
    config = dict(type='mmdecon.DeCon', network=network, branches=branches)
    torch.manual_seed(0)
    model = DeCon(network, branches)
    state = {k: v + 0.1 * torch.rand_like(v) if v.is_floating_point() else v for k, v in model.state_dict().items()}
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


@pytest.fixture(scope='module')
def path(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp('pretrained')
    return save(folder / 'decon.pth', tiny.network(dict(fpn=tiny.FPN, head=FPN_HEAD)), 'c5', 'out')


def test_a_small_one_fits_its_config(path, tmp_path) -> None:
    source = read_source(path)
    found = verify(source, convert(source, 'mmseg'), target(tmp_path / 'target.py'))
    assert found.equal == ['c2', 'c3', 'c4', 'c5', 'p2', 'p3', 'p4', 'p5', 'out']
    assert set(found.fit.new) == {'classifier'}


@pytest.mark.parametrize(
    'changes, message',
    [
        (
            dict(backbone=dict(type='ResNetV1c')),
            'The stem was pre-trained with one 7x7 .*, the target has three',
        ),
        (dict(backbone=dict(depth=34)), 'The backbones differ'),
        (dict(backbone=dict(base_channels=16), neck=dict(in_channels=[16, 32, 64, 128])), 'The backbones differ'),
        (dict(neck=dict(norm_cfg=None)), "The target's neck has no norm: export with --fold-norm"),
        (dict(neck=dict(out_channels=16), decode_head=dict(in_channels=[16] * 4)), 'The decoders differ'),
        (dict(decode_head=dict(channels=16)), 'The decoders differ: export with --part encoder'),
    ],
)
def test_a_target_that_does_not_fit(path, tmp_path, changes, message) -> None:
    source = read_source(path)
    with pytest.raises(ValueError, match=message):
        verify(source, convert(source, 'mmseg'), target(tmp_path / 'target.py', **changes))


def test_a_norm_that_pretraining_lacked(tmp_path) -> None:
    source = read_source(save(tmp_path / 'plain.pth', tiny.network(dict(fpn=PLAIN, head=FPN_HEAD)), 'out'))
    with pytest.raises(ValueError, match="The target's neck has a norm: set its norm_cfg=None"):
        verify(source, convert(source, 'mmseg'), target(tmp_path / 'target.py'))


def test_folded_norms_compute_the_same(path, tmp_path) -> None:
    source = read_source(path)
    folded = convert(source, 'mmseg', fold_norm=True)
    assert not [name for name in folded.state if name.startswith('neck.') and '.bn.' in name]
    found = verify(source, folded, target(tmp_path / 'target.py', neck=dict(norm_cfg=None)))
    assert {'p2', 'p5', 'out'} <= set(found.equal)


def test_a_computation_that_differs_is_found_though_all_tensors_fit(path, tmp_path) -> None:
    source = read_source(path)
    changes = dict(neck=dict(upsample_cfg=dict(mode='bilinear')))
    with pytest.raises(ValueError, match=r'level p2 differs by .* of its largest value in the target'):
        verify(source, convert(source, 'mmseg'), target(tmp_path / 'target.py', **changes))


def test_halves_differ(path) -> None:
    teacher, student = (convert(read_source(path, half), 'mmseg').state for half in ('teacher', 'student'))
    assert teacher.keys() == student.keys()
    assert not any(torch.equal(teacher[k], student[k]) for k in teacher if teacher[k].is_floating_point())


def test_requests_that_make_no_sense(path, tmp_path) -> None:
    source = read_source(path)
    with pytest.raises(ValueError, match=r'decoder\.head: the layout has 0 places for decode_head'):
        convert(source, 'mmdet')
    assert convert(source, 'mmdet', decoders=['fpn']).decoders == ['fpn']
    with pytest.raises(ValueError, match=r"no decoder \['unet'\].*it has \['fpn', 'head'\]"):
        convert(source, 'mmseg', decoders=['unet'])
    encoder_only = read_source(save(tmp_path / 'encoder.pth', tiny.network({}), 'c5'))
    with pytest.raises(ValueError, match='pre-trained without a decoder: export it with --part encoder'):
        convert(encoder_only, 'mmseg')


def test_two_decoders_of_one_kind_need_a_choice(tmp_path) -> None:
    network = tiny.network(dict(one=tiny.FPN, two=dict(tiny.FPN, prefix='q')))
    source = read_source(save(tmp_path / 'two.pth', network, 'p2', 'q2'))
    with pytest.raises(ValueError, match='choose one with --decoder'):
        convert(source, 'mmseg')
    states = [convert(source, 'mmseg', decoders=[name]).state for name in ('one', 'two')]
    assert states[0].keys() == states[1].keys()
    assert not torch.equal(*(state['neck.lateral_convs.0.conv.weight'] for state in states))


def test_files_that_are_no_checkpoints_of_ours(tmp_path) -> None:
    (tmp_path / 'text.pth').write_text('hello')
    with pytest.raises(ValueError, match='cannot be read as a checkpoint'):
        read_source(str(tmp_path / 'text.pth'))
    with pytest.raises(FileNotFoundError, match='no checkpoint at'):
        read_source(str(tmp_path / 'gone.pth'))
    torch.save(dict(state_dict={}), tmp_path / 'bare.pth')
    with pytest.raises(ValueError, match='is no checkpoint of an mmdecon run: it holds no config'):
        read_source(str(tmp_path / 'bare.pth'))
    cfg = "model = dict(type='EncoderDecoder')"
    torch.save(dict(state_dict={}, meta=dict(cfg=cfg)), tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='a checkpoint of a EncoderDecoder, not of a DeCon'):
        read_source(str(tmp_path / 'other.pth'))
    torch.save(dict(state_dict={}, meta=dict(cfg='import os\nos.abort()')), tmp_path / 'bad.pth')
    with pytest.raises(ValueError, match='is not an assignment'):
        read_source(str(tmp_path / 'bad.pth'))


class Evil:
    def __reduce__(self):
        return print, ('executed',)


def test_a_strangers_file_is_not_executed(tmp_path, capsys) -> None:
    torch.save(dict(state_dict={}, meta=dict(cfg=Evil())), tmp_path / 'evil.pth')
    with pytest.raises(ValueError, match='tensors and plain values'):
        load_file(str(tmp_path / 'evil.pth'))
    assert 'executed' not in capsys.readouterr().out


def test_the_file_knows_where_it_comes_from_and_whether_it_is_whole(path, tmp_path) -> None:
    source = read_source(path)
    made = convert(source, 'mmseg')
    out = str(tmp_path / 'out.pth')
    write(source, made, out)
    content = read_export(out)
    about = content['meta']['mmdecon']
    assert (about['step'], about['epoch'], about['half'], about['layout']) == (3, 1, 'teacher', 'mmseg')
    assert len(about['checkpoint_sha256']) == 64 and "type='mmdecon.DeCon'" in about['config']
    content['state_dict']['backbone.conv1.weight'][0] += 1
    torch.save(content, out)
    with pytest.raises(ValueError, match='is damaged'):
        read_export(out)
    with pytest.raises(ValueError, match='is no export of mmdecon'):
        read_export(path)


@pytest.mark.parametrize('fits', [True, False])
def test_the_tool(path, tmp_path, monkeypatch, capsys, fits: bool) -> None:
    config = target(tmp_path / 'target.py', **({} if fits else dict(neck=dict(norm_cfg=None))))
    out = tmp_path / 'out.pth'
    command = ['export.py', path, str(out), '--layout', 'mmseg', '--target', config]
    monkeypatch.setattr(sys, 'argv', command)
    if fits:
        runpy.run_path('tools/export.py', run_name='__main__')
        text = capsys.readouterr().out
        assert 'same features in the target: c2, c3, c4, c5, p2, p3, p4, p5, out' in text
        assert 'classifier: 2 tensors, such as decode_head.conv_seg.weight' in text
    else:
        with pytest.raises(SystemExit, match=r'--fold-norm.*Nothing was written'):
            runpy.run_path('tools/export.py', run_name='__main__')
    assert out.exists() is fits
