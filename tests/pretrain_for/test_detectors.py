"""What is derived from detectors of mmdet."""

from pathlib import Path

import pytest

from mmdecon.pretrain_for import prove

from .models import BN, CHANNELS, plan

DETECTOR = dict(
    backbone=dict(type='ResNet', depth=18, base_channels=8, stem_channels=8),
    neck=dict(type='FPN', in_channels=CHANNELS, out_channels=8, num_outs=5),
)
ANCHORS = dict(type='AnchorGenerator', scales=[8], ratios=[1.0], strides=[4, 8, 16, 32, 64])
RETINA = dict(
    type='RetinaHead', num_classes=2, in_channels=8, feat_channels=8, stacked_convs=1, anchor_generator=ANCHORS
)


def test_a_detector_that_is_a_proposal_network_alone(tmp_path: Path) -> None:
    pytest.importorskip('mmdet')
    head = dict(type='RPNHead', in_channels=8, feat_channels=8, anchor_generator=ANCHORS)
    export, found = prove(
        plan(
            tmp_path,
            dict(type='RPN', **DETECTOR, rpn_head=head, **{f'{of}_cfg': dict(rpn=dict()) for of in ('train', 'test')}),
            'mmdet',
        )
    )
    assert 'bbox_head.rpn_conv.weight' in export.state and 't2' in found.equal and set(found.fit.new) == {'classifier'}


def test_a_dense_head_that_proposes(tmp_path: Path) -> None:
    pytest.importorskip('mmdet')
    head = dict(type='FCOSHead', num_classes=1, in_channels=8, feat_channels=16, stacked_convs=1, norm_cfg=BN)
    settings = {f'{of}_cfg': dict(rpn=dict(), rcnn=None) for of in ('train', 'test')}
    export, found = prove(plan(tmp_path, dict(type='TwoStageDetector', **DETECTOR, rpn_head=head, **settings), 'mmdet'))
    assert 'rpn_head.cls_convs.0.conv.weight' in export.state and {'cls2', 'reg2'} <= set(found.equal)


def test_levels_that_a_small_image_does_not_tell_apart(tmp_path: Path) -> None:
    pytest.importorskip('mmdet')
    pytest.importorskip('mmcv.ops')
    pyramid = dict(DETECTOR['neck'], out_channels=16, start_level=1, add_extra_convs='on_output')
    necks = [pyramid, dict(type='DyHead', in_channels=16, out_channels=16, num_blocks=1)]
    head = dict(RETINA, in_channels=16, anchor_generator=dict(ANCHORS, strides=[8, 16, 32, 64, 128]))
    made = plan(tmp_path, dict(type='RetinaNet', **{**DETECTOR, 'neck': necks}, bbox_head=head), 'mmdet')
    strides = [made.network.levels[f'{of}{i}'].stride for of in ('p', 'q', 'cls', 'reg') for i in range(3, 8)]
    assert strides == 4 * [8, 16, 32, 64, 128] and made.config['probe_size'] == 256
    assert {'p6', 'q6', 'cls6'} <= set(prove(made)[1].equal) and made.left.keys() == {
        f'level {of}7' for of in ('p', 'q', 'cls', 'reg')
    }


def test_constants_of_a_loss_are_no_weights(tmp_path: Path) -> None:
    pytest.importorskip('mmdet')
    head = dict(
        RETINA,
        loss_cls=dict(type='GHMC', bins=4, momentum=0.75),
        loss_bbox=dict(type='GHMR', bins=4, momentum=0.7),
    )
    _, found = prove(plan(tmp_path, dict(type='RetinaNet', **DETECTOR, bbox_head=head), 'mmdet'))
    assert 'cls2' in found.equal and 'edges' not in str(found.fit.new)


def test_a_norm_that_needs_a_group_of_processes(tmp_path: Path) -> None:
    pytest.importorskip('mmdet')
    head = dict(RETINA, norm_cfg=dict(type='MMSyncBN', requires_grad=True))
    assert 'cls2' in prove(plan(tmp_path, dict(type='RetinaNet', **DETECTOR, bbox_head=head), 'mmdet'))[1].equal
