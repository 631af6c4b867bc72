"""What cannot work is refused, with the remedy."""

import re

import pytest
import torch

from mmdecon.export import convert, read_source, verify
from tests.support import tiny
from tests.support.exports import FPN_HEAD, PLAIN, save, target


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


def test_all_parts_that_differ_are_named_at_once(path, tmp_path) -> None:
    source = read_source(path)
    changes = dict(
        backbone=dict(type='ResNetV1c', depth=34),
        neck=dict(norm_cfg=None),
        decode_head=dict(channels=16, num_classes=7),
    )
    with pytest.raises(ValueError, match='The weights do not fit the target') as found:
        verify(source, convert(source, 'mmseg'), target(tmp_path / 'target.py', **changes))
    said = str(found.value)
    for words in (
        r'In backbone \(\d+ tensors\): backbone\.conv1\.weight has no place there, backbone\.\S+ would stay random; ',
        r'in decode_head \(\d+ tensors\): decode_head\.\S+ is \(8, 8, 3, 3\) here and \(16, 8, 3, 3\) there; ',
        r'in neck \(\d+ tensors\): neck\.\S+\.bn\.\S+ has no place there, neck\.\S+ would stay random\. ',
        'The stem was pre-trained with one',
        'The backbones differ',
        'The decoders differ',
        'export with --fold-norm',
    ):
        assert re.search(words, said), said


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
    with pytest.raises(ValueError, match=r'decoder\.head: the layout has no place for a decode_head, only for'):
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
