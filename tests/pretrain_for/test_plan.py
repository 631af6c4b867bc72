"""What is derived from a downstream model, and that it fits there."""

from pathlib import Path
from typing import Any

import pytest

from mmdecon import compat
from mmdecon.pretrain_for import METHODS, Run, config_text, prove, read_downstream
from mmdecon.pretrain_for.plan import prove_edited

from .models import BN, CHANNELS, LOSS, RESNET, UPER, plan, write


def test_what_only_fine_tuning_needs_is_left_out(tmp_path: Path) -> None:
    made = plan(tmp_path, UPER)
    sync = dict(type='mmdecon.SyncBN')
    assert made.config == dict(
        type='mmdecon.Network',
        encoder=dict(type='mmseg.ResNetV1c', depth=18, base_channels=8, stem_channels=8, norm_cfg=sync),
        decoder=dict(
            head=dict(
                type='mmdecon.SegHeadDecoder',
                head=dict(type='mmseg.UPerHead', channels=8, norm_cfg=sync),
                inputs=['c2', 'c3', 'c4', 'c5'],
            )
        ),
    )
    assert (made.encoder, made.decoder, made.left) == (['c5'], ['out'], {})
    export, found = prove(made)
    assert export.part == 'encoder+decoder' and found.equal == ['c2', 'c3', 'c4', 'c5', 'out']
    assert set(found.fit.new) == {'classifier', 'auxiliary_head'}


def test_an_edited_config_must_fit_before_it_is_trained(tmp_path: Path) -> None:
    made, path = plan(tmp_path, UPER), tmp_path / 'pretrain.py'
    text = config_text(made, Run(next(iter(METHODS)), ['a'], 40, 8, 100, True, ('absent.pth', ''), 2), tmp_path)
    for before, after, message in [
        ('batch_size=8', 'batch_size=4', ''),
        (
            "'mmseg.UPerHead', channels=8",
            "'mmseg.UPerHead', channels=16",
            r'decode_head\.psp_modules.* is \(16, 64, 1, 1\) here',
        ),
        ("type='mmseg.UPerHead'", "type='mmseg.FCNHead'", 'the network of .*pretrain.py cannot be built'),
        ('depth=18', 'depth=19', 'the network of .*pretrain.py cannot be built: KeyError'),
    ]:
        assert before in text
        path.write_text(text.replace(before, after))
        if not message:
            prove_edited(made, str(path))
            continue
        with pytest.raises(
            ValueError,
            match=f'pretrain.py was edited, and .*model.py could not load its result; undo that: .*{message}',
        ):
            prove_edited(made, str(path))


def test_a_neck_and_its_head(tmp_path: Path) -> None:
    neck = dict(type='FPN', in_channels=CHANNELS, out_channels=8, num_outs=4)
    head = dict(
        type='FPNHead',
        in_channels=[8] * 4,
        in_index=[0, 1, 2, 3],
        feature_strides=[4, 8, 16, 32],
        channels=8,
        num_classes=2,
        norm_cfg=BN,
        loss_decode=LOSS,
    )
    made = plan(tmp_path, dict(type='EncoderDecoder', backbone=RESNET, neck=neck, decode_head=head))
    assert made.config['decoder']['neck'] == dict(
        type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8)
    )
    assert 'feature_strides' not in made.config['decoder']['head']['head']
    assert made.decoder == ['p2', 'p3', 'p4', 'p5', 'out']
    assert {'p2', 'p5', 'out'} <= set(prove(made)[1].equal)


def test_dilation_and_a_head_on_one_level(tmp_path: Path) -> None:
    backbone = dict(RESNET, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))
    head = dict(
        type='DepthwiseSeparableASPPHead',
        in_channels=64,
        in_index=3,
        channels=8,
        c1_in_channels=8,
        c1_channels=4,
        dilations=(1, 2),
        num_classes=2,
        norm_cfg=BN,
        loss_decode=LOSS,
    )
    made = plan(tmp_path, dict(type='EncoderDecoder', backbone=backbone, decode_head=head))
    assert made.network.levels['c5'].stride == 8 and made.network.levels['out'].stride == 4
    assert 'out' in prove(made)[1].equal


def test_a_cascade(tmp_path: Path) -> None:
    first = dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_classes=2, norm_cfg=BN, loss_decode=LOSS)
    second = dict(
        type='OCRHead',
        in_channels=64,
        in_index=3,
        channels=8,
        ocr_channels=8,
        num_classes=2,
        norm_cfg=BN,
        loss_decode=LOSS,
    )
    model = dict(type='CascadeEncoderDecoder', num_stages=2, backbone=RESNET, decode_head=[first, second])
    made = plan(tmp_path, model)
    assert made.decoder == ['out1', 'out'] and made.config['decoder']['head2']['previous'] == 'out1'
    assert {'out1', 'out'} <= set(prove(made)[1].equal)


def test_a_head_without_a_map_before_its_classes_is_left_new_and_said(tmp_path: Path) -> None:
    vit = dict(type='VisionTransformer', img_size=64, embed_dims=24, num_layers=2, num_heads=2, out_indices=(1,))
    head = dict(
        type='SegmenterMaskTransformerHead',
        in_channels=24,
        channels=24,
        num_classes=2,
        num_layers=1,
        num_heads=2,
        embed_dims=24,
        dropout_ratio=0.0,
        loss_decode=LOSS,
    )
    made = plan(tmp_path, dict(type='EncoderDecoder', backbone=vit, decode_head=head))
    assert made.decoder == [] and made.part == 'encoder'
    (part,) = made.left
    assert part == 'decode_head mmseg.SegmenterMaskTransformerHead' and 'does not work as a decoder' in made.left[part]
    assert set(prove(made)[1].fit.new) == {'decode_head (not in this export)'}


def test_levels_of_one_stride_are_named_by_their_layers(tmp_path: Path) -> None:
    vit = dict(
        type='VisionTransformer', img_size=64, embed_dims=24, num_layers=4, num_heads=2, out_indices=(0, 1, 2, 3)
    )
    neck = dict(type='MultiLevelNeck', in_channels=[24] * 4, out_channels=8, scales=[4, 2, 1, 0.5])
    head = dict(UPER['decode_head'], in_channels=[8] * 4)
    made = plan(tmp_path, dict(type='EncoderDecoder', backbone=vit, neck=neck, decode_head=head))
    assert made.config['level_names'] == ['layer1', 'layer2', 'layer3', 'layer4']
    assert made.encoder == ['layer4'] and made.decoder == ['p2', 'p3', 'p4', 'p5', 'out']
    assert {'layer4', 'p2', 'out'} <= set(prove(made)[1].equal)


@pytest.mark.wide
def test_a_head_that_pools_more_than_small_images_have(tmp_path: Path) -> None:
    backbone = dict(type='MobileNetV3', arch='small', out_indices=(0, 1, 12), norm_cfg=dict(type='BN'))
    head = dict(
        type='LRASPPHead',
        in_channels=(16, 16, 576),
        in_index=(0, 1, 2),
        channels=16,
        branch_channels=(4, 8),
        input_transform='multiple_select',
        num_classes=2,
        norm_cfg=BN,
        loss_decode=LOSS,
    )
    made = plan(tmp_path, dict(type='EncoderDecoder', backbone=backbone, decode_head=head))
    assert (made.size, made.config['probe_size'], made.decoder, made.left) == (512, 512, ['out'], {})
    assert 'out' in prove(made)[1].equal


def test_the_decoder_alone(tmp_path: Path) -> None:
    made = plan(tmp_path, UPER, decoder_only=True)
    assert made.config['freeze_encoder'] and made.encoder == [] and made.decoder == ['out']
    bare = {key: value for key, value in UPER.items() if not key.endswith('head')}
    with pytest.raises(ValueError, match='has no decoder to pre-train alone: it has no neck and no decode_head'):
        plan(tmp_path, bare, decoder_only=True)


@pytest.mark.parametrize(
    'model, scope, message',
    [
        (dict(type='EncoderDecoder'), 'mmseg', 'a EncoderDecoder, has no backbone to pre-train$'),
        (dict(type='SoftTeacher', detector=dict()), 'mmdet', 'its model.detector is the model to fine-tune first'),
        (UPER, 'mmpose', "has default_scope='mmpose': set it to the library of the model"),
    ],
)
def test_refusals(tmp_path: Path, model: dict[str, Any], scope: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan(tmp_path, model, scope)


def test_a_library_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, UPER, 'mmdet')
    find = compat.find_spec
    monkeypatch.setattr(compat, 'find_spec', lambda name: None if name == 'mmdet' else find(name))
    with pytest.raises(ModuleNotFoundError, match=r'mmdecon needs mmdet, not installed here: install it with'):
        read_downstream(path)


def test_a_level_of_few_cells_is_not_contrasted(tmp_path: Path) -> None:
    pytest.importorskip('mmdet')
    neck = dict(
        type='FPN', in_channels=CHANNELS, out_channels=8, start_level=1, add_extra_convs='on_output', num_outs=5
    )
    backbone = dict(RESNET, type='ResNet', style='pytorch')
    head = dict(
        type='RetinaHead',
        num_classes=3,
        in_channels=8,
        stacked_convs=1,
        feat_channels=8,
        anchor_generator=dict(
            type='AnchorGenerator', octave_base_scale=4, scales_per_octave=3, ratios=[1.0], strides=[8, 16, 32, 64, 128]
        ),
        bbox_coder=dict(type='DeltaXYWHBBoxCoder'),
        loss_cls=dict(type='FocalLoss', use_sigmoid=True),
        loss_bbox=dict(type='L1Loss'),
    )
    made = plan(tmp_path, dict(type='RetinaNet', backbone=backbone, neck=neck, bbox_head=head), 'mmdet')
    assert made.left['level p7'] == 'it has 2 x 2 cells in a view of 224 pixels; views of 512 give it 4 x 4'
    assert {'p3', 'p4', 'p5', 'p6'} <= set(made.decoder) and 'p7' not in made.decoder
    assert {'p3', 'p5'} <= set(prove(made)[1].equal)


def test_an_encoder_of_one_size_has_views_of_that(tmp_path: Path) -> None:
    beit = dict(
        type='BEiT',
        img_size=96,
        patch_size=16,
        embed_dims=24,
        num_layers=2,
        num_heads=2,
        out_indices=(1,),
        qv_bias=True,
    )
    head = dict(type='FCNHead', in_channels=24, in_index=0, channels=8, num_classes=2, norm_cfg=BN, loss_decode=LOSS)
    made = plan(tmp_path, dict(type='EncoderDecoder', backbone=beit, decode_head=head))
    assert (made.size, made.config['probe_size']) == (96, 96)
    assert prove(made)[1].equal == [*made.encoder, 'out']
