"""Encoders of any number of channels, and the three-channel weights that they start from."""

from importlib.util import find_spec
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mmdecon.models.encoders import SIDES
from mmdecon.models.first_layer import image_readers, input_channels
from mmdecon.models.network import Network
from mmdecon.models.pretrained import load_pretrained
from mmdecon.registry import MODELS, build_foreign
from tests.support import tiny
from tests.support.architectures import ENCODERS
from tests.support.wide import sampled

STEMS = {
    'ResNet': ['conv1'],
    'ResNet, deep stem': ['stem.0.conv'],
    'ConvNeXt': ['downsample_layers.0.0'],
    'Swin': ['patch_embed.projection'],
    'ViT': ['patch_embed.projection'],
    'HRNet': ['conv1'],
}
SOURCES = {
    'repeat': ([0, 1, 2, 0], 3 / 4),
    'mean': (['mean'] * 4, 3 / 4),
    ('red', 'green', 'blue', 'mean'): ([0, 1, 2, 'mean'], 3 / 4),
    ('red', 'green', 'blue', 'zero'): ([0, 1, 2, 'zero'], 1.0),
    (2, 1, 0, 0): ([2, 1, 0, 0], 3 / 4),
}


def build(name: str, channels: int) -> nn.Module:
    torch.manual_seed(0)
    return build_foreign(dict(ENCODERS[name], in_channels=channels))


def by_hand(kernels: Tensor, sources: list[Any], scale: float) -> Tensor:
    """Channel after channel."""
    wanted = torch.zeros(len(kernels), len(sources), *kernels.shape[2:])
    for i, source in enumerate(sources):
        if source == 'mean':
            wanted[:, i] = scale * (kernels[:, 0] + kernels[:, 1] + kernels[:, 2]) / 3
        elif source != 'zero':
            wanted[:, i] = scale * kernels[:, source]
    return wanted


@pytest.mark.parametrize('name', STEMS)
def test_channels_are_asked(name: str) -> None:
    for channels in (1, 3, 4, 13):
        encoder = build(name, channels)
        assert input_channels(encoder, SIDES) == channels
        assert image_readers(encoder, SIDES) == STEMS[name]


def test_a_network_runs_on_its_channels() -> None:
    network = MODELS.build(tiny.network(encoder=dict(tiny.RESNET, in_channels=5)))
    assert network.in_channels == 5 and MODELS.build(tiny.network()).in_channels == 3
    maps = network(torch.zeros(2, 5, 64, 64))
    assert {name: (x.shape[1], 64 // x.shape[2]) for name, x in maps.items()} == {
        name: (level.channels, level.stride) for name, level in network.levels.items()
    }


def test_modes_and_statistics_stay() -> None:
    encoder = build('ResNet', 4)  # in training
    encoder.layer1.eval()
    before = {name: x.clone() for name, x in encoder.state_dict().items()}
    image_readers(encoder, SIDES)
    assert encoder.training and not encoder.layer1.training and encoder.layer2.training
    assert all(torch.equal(x, before[name]) for name, x in encoder.state_dict().items())
    assert not any(part._forward_pre_hooks for part in encoder.modules())


def test_every_path_of_an_encoder_is_found() -> None:
    encoder = build_foreign(dict(type='mmseg.BiSeNetV2', in_channels=4))
    assert image_readers(encoder, SIDES) == ['detail.detail_branch.0.0.conv', 'semantic.stage1.conv_first.conv']


@pytest.mark.parametrize('channels', [3, 4])
def test_channels_behind_a_stem_that_moves_pixels_into_channels(channels: int) -> None:
    encoder = build_foreign(dict(type='mmdet.CSPDarknet', widen_factor=0.125, deepen_factor=0.33))
    encoder.stem.conv.conv = nn.Conv2d(4 * channels, 8, 3, padding=1)
    assert input_channels(encoder, SIDES) == channels
    assert [tuple(x.shape[1:]) for x in encoder(torch.zeros(1, channels, 64, 64))] == [
        (32, 8, 8),
        (64, 4, 4),
        (128, 2, 2),
    ]


def test_a_neck_reads_no_image() -> None:
    assert (
        image_readers(build_foreign(dict(type='mmseg.FPN', in_channels=[8, 16], out_channels=8, num_outs=2)), SIDES)
        == []
    )


@pytest.mark.parametrize('how', SOURCES)
@pytest.mark.parametrize('name', sampled(STEMS, 4))
def test_three_channels_become_four(tmp_path, caplog, name: str, how: Any) -> None:
    theirs, ours = build(name, 3), build(name, 4)
    torch.save(theirs.state_dict(), tmp_path / 'rgb.pth')
    first_conv = how if isinstance(how, str) else list(how)
    load_pretrained(ours, dict(checkpoint=str(tmp_path / 'rgb.pth'), first_conv=first_conv), 'here')
    first, state = f'{STEMS[name][0]}.weight', ours.state_dict()
    for key, value in theirs.state_dict().items():
        wanted = by_hand(value, *SOURCES[how]) if key == first else value
        torch.testing.assert_close(state[key], wanted)


@pytest.mark.parametrize('how', ['repeat', 'mean'])
def test_a_grey_image_is_answered_as_before(tmp_path, how: str) -> None:
    theirs, ours, one = (build('ResNet', channels) for channels in (3, 6, 1))
    torch.save(theirs.state_dict(), tmp_path / 'rgb.pth')
    for module in (theirs, ours, one):
        module.eval()
    grey = torch.randn(1, 1, 64, 64)
    for module, channels in ((ours, 6), (one, 1)):
        load_pretrained(module, dict(checkpoint=str(tmp_path / 'rgb.pth'), first_conv=how), 'here')
        if channels == 6 or how == 'mean':
            torch.testing.assert_close(module(grey.expand(1, channels, 64, 64)), theirs(grey.expand(1, 3, 64, 64)))


def test_an_order_alone_may_change(tmp_path) -> None:
    theirs, ours = build('ResNet', 3), build('ResNet', 3)
    torch.save(theirs.state_dict(), tmp_path / 'bgr.pth')
    load_pretrained(ours, dict(checkpoint=str(tmp_path / 'bgr.pth'), first_conv=[2, 1, 0]), 'here')
    torch.testing.assert_close(ours.conv1.weight, theirs.conv1.weight.flip(1))
    load_pretrained(ours, dict(checkpoint=str(tmp_path / 'bgr.pth'), first_conv='repeat'), 'here')
    assert torch.equal(ours.conv1.weight, theirs.conv1.weight)


REFUSED = [
    (None, r"conv1\.weight reads 3 channels in the file and 4 in the model: set .*\.init_cfg\.first_conv to 'repeat'"),
    ('copy', r"init_cfg\.first_conv is 'copy': give 'repeat', 'mean', or a list"),
    (['red', 'nir', 'mean', 'mean'], "sources are 'red', 'green', 'blue', 'mean', 'zero', 0, 1, 2$"),
    ([0, 1, 2], r'first_conv has 3 sources, \[0, 1, 2\], but the model takes 4 channels'),
    (['zero'] * 4, "not all 'zero'"),
]


@pytest.mark.parametrize('how, match', REFUSED)
def test_refusals(tmp_path, how: Any, match: str) -> None:
    torch.save(build('ResNet', 3).state_dict(), tmp_path / 'rgb.pth')
    start = dict(
        type='Pretrained', checkpoint=str(tmp_path / 'rgb.pth'), **({} if how is None else {'first_conv': how})
    )
    encoder = dict(ENCODERS['ResNet'], in_channels=4, init_cfg=start)
    network: Network = MODELS.build(dict(type='mmdecon.Network', encoder=encoder))
    with pytest.raises(ValueError, match=match):
        network.init_weights()


def test_what_reads_no_image_has_no_first_conv(tmp_path) -> None:
    neck = build_foreign(dict(type='mmseg.FPN', in_channels=[8, 16], out_channels=8, num_outs=2))
    torch.save(neck.state_dict(), tmp_path / 'fpn.pth')
    with pytest.raises(ValueError, match="first_conv is 'mean', but no convolution of the module reads the image"):
        load_pretrained(neck, dict(checkpoint=str(tmp_path / 'fpn.pth'), first_conv='mean'), 'here')


@pytest.mark.skipif(find_spec('timm') is None, reason='timm is not installed: pip install timm')
@pytest.mark.parametrize('model', ['resnet18d', 'vit_tiny_patch16_224'])
def test_timm(tmp_path, model: str) -> None:
    import timm

    theirs = timm.create_model(model, pretrained=False)
    torch.save(theirs.state_dict(), tmp_path / 'timm.pth')
    start = dict(type='Pretrained', checkpoint=str(tmp_path / 'timm.pth'), first_conv='mean')
    for type_ in ('mmdecon.TIMMBackbone', 'mmpretrain.TIMMBackbone'):
        encoder = dict(type=type_, model_name=model, features_only=True, in_channels=4, init_cfg=start)
        if 'vit' in model:
            encoder['out_indices'] = (11,)
        built = MODELS.build(dict(type='mmdecon.Network', encoder=encoder))
        built.init_weights()
        (name,) = image_readers(built.encoder, SIDES)
        kernels = theirs.state_dict()['conv1.0.weight' if 'resnet' in model else 'patch_embed.proj.weight']
        torch.testing.assert_close(built.encoder.state_dict()[f'{name}.weight'], by_hand(kernels, *SOURCES['mean']))


def test_means_are_as_many_as_channels() -> None:
    encoder = dict(tiny.RESNET, in_channels=4)
    with pytest.raises(ValueError, match=r'data_preprocessor\.mean has 3 values, but the encoder takes images of 4'):
        tiny.build(network=tiny.network(encoder=encoder), data_preprocessor=dict(type='mmdecon.ViewPreprocessor'))


def test_an_xnet_of_five_channels(tmp_path) -> None:
    five = dict(tiny.RESNET, in_channels=5)
    classifier = build_foreign(tiny.RESNET)
    torch.save(classifier.state_dict(), tmp_path / 'rgb.pth')
    start = dict(type='Pretrained', checkpoint=str(tmp_path / 'rgb.pth'), first_conv='mean')

    def build_with(**changes: Any) -> Network:
        neck = dict(type='mmdecon.XNet', classifier=dict(five, init_cfg=start, **changes))
        decoder = dict(type='mmdecon.NeckDecoder', inputs=['c0', 'c5'], prefix='d', neck=neck)
        encoder = dict(type='mmdecon.WithImage', encoder=dict(five, out_indices=(3,)))
        return MODELS.build(tiny.network(dict(xnet=decoder), encoder=encoder))

    network = build_with()
    network.init_weights()
    assert network.levels['c0'].channels == network.in_channels == 5
    kernels = network.decoder.xnet.neck.classifier.conv1.weight
    torch.testing.assert_close(kernels, by_hand(classifier.conv1.weight, ['mean'] * 5, 3 / 5))
    assert network(torch.zeros(1, 5, 64, 64))['d2'].shape[2] == 16
    with pytest.raises(ValueError, match=r'takes images of 3 channels, and is given some of 5: set classifier.in_chan'):
        build_with(in_channels=3)
