"""Encoders of every family, built by the configs' own files and trained one step."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config

from mmdecon.export import convert, read_source, verify
from mmdecon.models.network import Network
from mmdecon.registry import MODELS
from tests.support import tiny
from tests.support.exports import save

NETWORKS = Path(__file__).parents[2] / 'configs/_base_/networks'
needs_timm = pytest.mark.skipif(find_spec('timm') is None, reason='timm is not installed: pip install timm')

WIDTHS = dict(depths=[1, 1, 1, 1], channels=[8, 16, 24, 32])
BRANCHES = [
    dict(
        num_modules=1,
        num_branches=i + 1,
        block='BASIC',
        num_blocks=(1,) * (i + 1),
        num_channels=(8, 16, 24, 32)[: i + 1],
    )
    for i in range(4)
]
BRANCHES[0]['block'] = 'BOTTLENECK'
SMALL: dict[str, dict[str, Any]] = {
    'resnext50_fpn': dict(base_channels=8, groups=4, norm_cfg=tiny.BN),
    'convnext-large_fpn': dict(arch=WIDTHS),
    'convnextv2-base_fpn': dict(arch=WIDTHS),
    'swin-tiny_fpn': dict(arch=dict(embed_dims=8, depths=[1, 1, 2, 1], num_heads=[1, 2, 2, 4])),
    'hrnet-w18_fpn': dict(extra={f'stage{i + 1}': stage for i, stage in enumerate(BRANCHES)}, norm_cfg=tiny.BN),
    'vit-base_uperhead': dict(arch=dict(embed_dims=24, num_layers=12, num_heads=2, feedforward_channels=48)),
    'vit-base_pyramid': dict(arch=dict(embed_dims=24, num_layers=3, num_heads=2, feedforward_channels=48)),
    'timm-efficientnet-lite0_fpn': dict(),
}
VIT = dict(embed_dims=24, num_layers=12, num_heads=2)


def build(encoder: dict[str, Any], **kwargs: Any) -> Network:
    return MODELS.build(dict(type='mmdecon.Network', encoder=encoder, **kwargs))


def strides(network: Network) -> dict[str, int]:
    return {name: level.stride for name, level in network.levels.items()}


def small(name: str) -> dict[str, Any]:
    """A config's network, narrow."""
    network = Config.fromfile(NETWORKS / f'{name}.py').model.network.to_dict()
    network['encoder'].update(SMALL[name])
    for decoder in network['decoder'].values():
        part = decoder.get('neck', decoder.get('head'))
        part.update({'out_channels': 8} if 'out_channels' in part else {'channels': 8} if 'channels' in part else {})
    return network


@pytest.mark.parametrize('layout', ['mmseg', 'mmdet'])
@pytest.mark.parametrize(
    'name', ['swin-tiny_fpn', 'hrnet-w18_fpn', 'convnextv2-base_fpn', 'resnext50_fpn', 'vit-base_uperhead']
)
def test_exports_compute_the_same(tmp_path, name: str, layout: str) -> None:
    if layout == 'mmdet':
        pytest.importorskip('mmdet')
    network = small(name)
    levels = ['out'] if 'head' in network['decoder'] else ['p2', 'p3', 'p4', 'p5']
    source = read_source(save(tmp_path / 'decon.pth', network, *levels))
    part = 'encoder' if layout == 'mmdet' and 'head' in network['decoder'] else 'encoder+decoder'
    made = source.network.level_names if part == 'encoder' else list(source.network.levels)
    assert verify(source, convert(source, layout, part)).equal == made


def test_of_a_simple_feature_pyramid_the_encoder_is_exported(tmp_path) -> None:
    source = read_source(save(tmp_path / 'decon.pth', small('vit-base_pyramid'), 'p2', 'p3', 'p4', 'p5'))
    assert verify(source, convert(source, 'mmseg', 'encoder')).equal == ['c4']


@pytest.mark.parametrize(
    'name', [pytest.param(name, marks=needs_timm) if 'timm' in name else name for name in sorted(SMALL)]
)
def test_networks_of_the_configs(name: str) -> None:
    network = small(name)
    model = tiny.build(dict(dec='out' if 'head' in network['decoder'] else 'p2'), network=network)
    levels = strides(model.network.student)
    pyramid = {'p2': 4, 'p3': 8, 'p4': 16, 'p5': 32}
    layers = [f'layer{i}' for i in (3, 6, 9, 12)]
    encoders = {'vit-base_pyramid': {'c4': 16}, 'vit-base_uperhead': dict.fromkeys(layers, 16)}
    encoder = encoders.get(name, {'c2': 4, 'c3': 8, 'c4': 16, 'c5': 32})
    assert levels == {**encoder, **pyramid, **({'out': 4} if 'head' in network['decoder'] else {})}
    tiny.total(model(tiny.views())).backward()
    unreached = [
        key for key, p in model.network.student.encoder.named_parameters() if p.requires_grad and p.grad is None
    ]
    assert not unreached, unreached[:3]
    maps = model.network(torch.randn(2, 3, 64, 64))
    assert {key: 64 // x.shape[2] for key, x in maps.items()} == levels
    assert {key: x.shape[1] for key, x in maps.items()} == {
        k: v.channels for k, v in model.network.student.levels.items()
    }


@pytest.mark.parametrize(
    'encoder, wanted',
    [
        (dict(type='mmseg.SwinTransformer', embed_dims=8, depths=(1, 1, 1, 1), num_heads=(1, 2, 2, 4)), [2, 3, 4, 5]),
        (dict(type='mmseg.HRNet', extra=SMALL['hrnet-w18_fpn']['extra'], norm_cfg=tiny.BN), [2, 3, 4, 5]),
        (dict(type='mmseg.VisionTransformer', **VIT), [4]),
        (dict(type='mmseg.VisionTransformer', **dict(VIT, num_layers=2)), [4]),  # out_indices (1,) is no stage
        (dict(tiny.RESNET, out_indices=(1, 3)), [3, 5]),
    ],
)
def test_mmseg_and_levels_by_stride(encoder: dict[str, Any], wanted: list[int]) -> None:
    assert strides(build(encoder)) == {f'c{i}': 2**i for i in wanted}


def test_dilated_stages_keep_their_names() -> None:
    assert strides(build(dict(tiny.RESNET, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)))) == dict(
        c2=4, c3=8, c4=8, c5=8
    )


def test_several_maps_of_one_stride_need_names() -> None:
    encoder = dict(type='mmseg.VisionTransformer', out_indices=(2, 5, 8, 11), **VIT)
    with pytest.raises(ValueError, match=r"named \['c4', 'c4', 'c4', 'c4'\]; give model.network.level_names"):
        build(encoder)
    with pytest.raises(ValueError, match=r'level_names has 2 names.*gives 4 maps'):
        build(encoder, level_names=['a', 'b'])
    names = ['layer2', 'layer5', 'layer8', 'layer11']
    pyramid = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.Feature2Pyramid', norm_cfg=tiny.BN))
    network = build(encoder, level_names=names, decoder=dict(pyramid=pyramid))
    assert strides(network) == {**dict.fromkeys(names, 16), 'p2': 4, 'p3': 8, 'p4': 16, 'p5': 32}


class TestTheBlankImage:
    swin = dict(type='mmpretrain.SwinTransformer', out_indices=(0, 1, 2, 3), **SMALL['swin-tiny_fpn'])

    def test_is_larger_where_the_encoder_needs_it(self) -> None:
        assert build(self.swin).probe_size == 224  # four windows of 7 at stride 32 do not fit into 64 pixels
        assert build(tiny.RESNET).probe_size == 64

    def test_has_the_size_of_the_config(self) -> None:
        assert build(tiny.RESNET, probe_size=96).probe_size == 96
        with pytest.raises(
            ValueError, match='SwinTransformer takes no image of 32 pixels: .*Set model.network.probe_size'
        ):
            build(self.swin, probe_size=32)

    def test_refused_in_every_size(self) -> None:
        with pytest.raises(ValueError, match='takes no image of 64 pixels: .*; nor of 224 pixels: '):
            arch = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 4])
            build(dict(type='mmpretrain.SwinTransformer', arch=arch, window_size=12))


@pytest.mark.parametrize(
    'encoder, shape',
    [
        (dict(type='mmpretrain.VisionTransformer', arch=SMALL['vit-base_pyramid']['arch']), r'\(1, 24\)'),
        (dict(type='mmpretrain.ConvNeXt', arch=WIDTHS, out_indices=(0, 1, 2, 3)), r'\(1, 8\)'),
    ],
)
def test_what_is_no_map_is_refused(encoder: dict[str, Any], shape: str) -> None:
    with pytest.raises(ValueError, match=f"{shape}, not a map.*out_type='featmap'.*gap_before_final_norm=False"):
        build(encoder)


@needs_timm
class TestTimm:
    def test_maps_with_channels_last_are_turned(self) -> None:
        encoder = dict(type='mmpretrain.TIMMBackbone', model_name='swin_s3_tiny_224', features_only=True)
        encoder.update(embed_dim=8, depths=(1, 1, 1, 1), num_heads=(1, 2, 2, 4))
        network = build(encoder)
        assert strides(network) == dict(c2=4, c3=8, c4=16, c5=32)
        image = torch.randn(1, 3, 224, 224)
        raw = network.eval().encoder.timm_model(image)
        assert raw[0].shape == (1, 56, 56, 8)
        for theirs, ours in zip(raw, network(image).values()):
            assert torch.equal(ours, theirs.permute(0, 3, 1, 2))

    def test_token_sequences_are_refused(self) -> None:
        encoder = dict(type='mmpretrain.TIMMBackbone', model_name='vit_tiny_patch16_224', embed_dim=24, depth=1)
        with pytest.raises(ValueError, match=r'\(1, 197, 24\), not a map.*features_only=True'):
            build(encoder)

    def test_vit(self) -> None:
        encoder = dict(type='mmseg.TIMMBackbone', model_name='vit_tiny_patch16_224', embed_dim=24, depth=2)
        network = build(dict(encoder, pretrained=False, features_only=True, out_indices=(1,)))
        assert (strides(network), network.probe_size) == (dict(c4=16), 224)


@pytest.mark.parametrize('kind', ['DDRNet', 'PIDNet'])
def test_maps_for_auxiliary_heads_are_not_taken_for_levels(kind: str) -> None:
    """These give further maps while they train, the first of which is another one."""
    widths = dict(channels=8, ppm_channels=8)
    network = MODELS.build(tiny.network({}, dict(type=f'mmseg.{kind}', norm_cfg=dict(type='BN'), **widths))).train()
    maps = network(torch.randn(2, 3, 64, 64))
    assert {name: x.shape[1] for name, x in maps.items()} == {n: level.channels for n, level in network.levels.items()}
    norms = [part for part in network.encoder.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    assert norms and all(norm.training for norm in norms) and any(norm.num_batches_tracked == 1 for norm in norms)
