"""segmentation_models_pytorch: its decoders pre-train, and go back into its models."""

from pathlib import Path
from typing import Any

import pytest
import torch

from mmdecon.export import convert, read_source, verify
from mmdecon.registry import MODELS
from tests.support.exports import save
from tests.support.wide import sampled

smp = pytest.importorskip('segmentation_models_pytorch')
TIMM = dict(type='mmdecon.TIMMBackbone', model_name='resnet10t', features_only=True, out_indices=(0, 1, 2, 3, 4))
CONVNEXT = dict(type='mmdecon.TIMMBackbone', model_name='convnext_atto', features_only=True, out_indices=(0, 1, 2, 3))
RESNET = dict(type='mmpretrain.ResNet', depth=18, out_indices=(0, 1, 2, 3))
UNET = dict(type='smp.Unet', decoder_channels=(32, 24, 16, 12, 8))
FPN = dict(type='smp.FPN', decoder_pyramid_channels=16, decoder_segmentation_channels=32)
UPERNET = dict(type='smp.UPerNet', decoder_channels=16)


def mild(name: str, value: torch.Tensor) -> torch.Tensor:
    """A tensor off its initial value; by little, as these networks are of usual width."""
    return value * (1 + 0.1 * torch.rand_like(value)) if value.is_floating_point() else value


def network(encoder: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    return dict(type='mmdecon.Network', encoder=encoder, decoder=dict(smp=dict(type='mmdecon.SMPDecoder', model=model)))


@pytest.mark.parametrize(
    'encoder, model',
    sampled(
        [
            (TIMM, UNET),
            (TIMM, FPN),
            (TIMM, UPERNET),
            (TIMM, dict(type='smp.Linknet')),
            (TIMM, dict(type='smp.UnetPlusPlus', decoder_channels=(32, 24, 16, 12, 8))),
            (CONVNEXT, UNET),
            (CONVNEXT, UPERNET),
            (RESNET, FPN),
            (RESNET, UPERNET),
        ],
        5,
    ),
    ids=lambda config: config.get('model_name') or config['type'],
)
def test_features_are_equal_in_the_library(encoder: dict[str, Any], model: dict[str, Any], tmp_path: Path) -> None:
    source = read_source(save(tmp_path / 'decon.pth', network(encoder, model), 'c5', 'out', change=mild))
    export = convert(source, 'smp')
    found = verify(source, export)
    assert {'c2', 'c5', 'out'} <= set(found.equal) and set(found.fit.new) == {'classifier'}


FOUR = [dict(TIMM, in_channels=4), dict(RESNET, in_channels=4)]


@pytest.mark.parametrize('encoder', FOUR, ids=['timm', 'mmpretrain'])
def test_four_channels(encoder: dict[str, Any], tmp_path: Path) -> None:
    source = read_source(save(tmp_path / 'decon.pth', network(encoder, FPN), 'c5', 'out', change=mild))
    assert {'c2', 'c5', 'out'} <= set(verify(source, convert(source, 'smp')).equal)


def test_a_user_loads_it(tmp_path: Path) -> None:
    source = read_source(save(tmp_path / 'decon.pth', network(TIMM, UNET), 'c5', 'out', change=mild))
    state = convert(source, 'smp').state
    model = smp.Unet('tu-resnet10t', encoder_weights=None, decoder_channels=UNET['decoder_channels'], classes=5).eval()
    left = model.load_state_dict(state, strict=False)
    assert all(key.startswith('segmentation_head.') for key in left.missing_keys) and not left.unexpected_keys
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        theirs = model.segmentation_head(source.network(image)['out'])
        assert torch.allclose(model(image), theirs, atol=1e-5)


@pytest.mark.parametrize(
    'encoder, model, target, message',
    [
        (RESNET, UNET, 'Unet:resnet18', r'decoder.* is .* there.*out_indices=\(0, 1, 2, 3, 4\)'),
        (TIMM, UNET, 'FPN:tu-resnet10t', 'no place there'),
        (TIMM, UNET, 'Unat:tu-resnet10t', 'has no smp.Unat: it has smp.DPT, smp.DeepLab'),
        (TIMM, UNET, 'Unet:resnat', 'cannot be built'),
    ],
)
def test_refusals(encoder: dict[str, Any], model: dict[str, Any], target: str, message: str, tmp_path: Path) -> None:
    source = read_source(save(tmp_path / 'decon.pth', network(encoder, model), 'c5', 'out', change=mild))
    with pytest.raises(ValueError, match=message):
        verify(source, convert(source, 'smp'), target)


def test_a_decoder_with_other_levels_than_it_reads_is_refused() -> None:
    with pytest.raises(ValueError, match=r'smp.Unet reads 5 levels, or 4 .* is given \[.c4., .c5.\]: set out_indices'):
        MODELS.build(network(dict(TIMM, out_indices=(3, 4)), UNET))
