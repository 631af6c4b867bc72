"""Small xNets, every part real."""

from importlib.util import find_spec
from typing import Any

import pytest
import torch
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from mmdecon.registry import MODELS
from tests.support import tiny

needs_timm = pytest.mark.skipif(find_spec('timm') is None, reason='timm is not installed: pip install timm')
RESNET = dict(tiny.RESNET)
CONVNEXT = dict(
    type='mmpretrain.ConvNeXt',
    arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 32, 64]),
    out_indices=(0, 1, 2, 3),
    gap_before_final_norm=False,
)
CONVNEXTV2 = dict(CONVNEXT, use_grn=True, layer_scale_init_value=0.0)
SWIN = dict(
    type='mmpretrain.SwinTransformer',
    arch=dict(embed_dims=8, depths=[1, 1, 2, 1], num_heads=[1, 2, 2, 4]),
    pad_small_map=True,
)
DINOV2 = dict(
    type='mmpretrain.VisionTransformer',
    arch=dict(embed_dims=24, num_layers=2, num_heads=2, feedforward_channels=48),
    patch_size=14,
    img_size=56,
    layer_scale_init_value=1e-5,
    out_type='featmap',
)
LITE0 = dict(type='mmpretrain.TIMMBackbone', model_name='tf_efficientnet_lite0', features_only=True)
LITE0_ENCODER, LITE0_DECODER = dict(LITE0, out_indices=(4,)), dict(LITE0, out_indices=(1, 2, 3, 4))
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # config of WithImage, of the classifier
    'resnet x resnet': (dict(encoder=dict(RESNET, out_indices=(3,))), RESNET),
    'swin x convnext': (dict(encoder=SWIN), CONVNEXT),
    'convnext x swin': (dict(encoder=dict(CONVNEXT, out_indices=(3,))), dict(SWIN, out_indices=(0, 1, 2, 3))),
    'swin x convnextv2': (dict(encoder=SWIN), CONVNEXTV2),
    'dinov2 x convnextv2': (dict(encoder=DINOV2, cell=28), CONVNEXTV2),
    'lite0 x lite0': (dict(encoder=LITE0_ENCODER), LITE0_DECODER),
}
NAMES = [pytest.param(name, marks=needs_timm) if 'lite0' in name else name for name in PAIRS]


def parts(name: str, **kwargs: Any) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder of a pair, with statistics and weights that are not those at the start, in eval mode."""
    first, classifier = PAIRS[name]
    torch.manual_seed(0)
    encoder = MODELS.build(dict(type='mmdecon.WithImage', **first)).eval()
    channels = [x.shape[1] for x in encoder(torch.zeros(1, 3, 64, 64))]
    decoder = MODELS.build(dict(type='mmdecon.XNet', in_channels=channels, classifier=classifier, **kwargs)).eval()
    for module in (encoder.encoder, decoder.classifier):
        shake(module)
    return encoder, decoder


def shake(module: nn.Module) -> nn.Module:
    """Moves every tensor a little."""
    with torch.no_grad():
        for value in module.state_dict().values():
            if value.is_floating_point():
                value += 0.05 * torch.rand_like(value)
    return module


def picture(height: int = 64, width: int = 96) -> Tensor:
    """Two images of noise."""
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def segmenter(name: str, depth: bool = False, **head: Any) -> nn.Module:
    """A pair as a model of mmseg, of 5 classes or of depth up to 10 metres."""
    first, classifier = PAIRS[name]
    encoder, decoder = parts(name)
    maps = encoder(picture())
    config = dict(
        type='mmseg.DepthEstimator' if depth else 'mmseg.EncoderDecoder',
        backbone=dict(type='mmdecon.WithImage', **first),
        neck=dict(type='mmdecon.XNet', in_channels=[x.shape[1] for x in maps], classifier=classifier),
        decode_head=dict(
            type='mmdecon.PostFeaturePyramidDepthHead' if depth else 'mmdecon.PostFeaturePyramidHead',
            in_channels=[x.shape[1] for x in decoder(maps)],
            **(dict(max_depth=10.0) if depth else dict(num_classes=5)),
        ),
        train_cfg=dict(),
        test_cfg=dict(mode='whole'),
    )
    config['decode_head'].update(head)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(config)
        model.init_weights()
    return model
