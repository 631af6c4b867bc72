"""An xNet decoder pre-trained by contrast: it trains, and its export is an xNet of mmseg."""

import pytest
import torch
from mmengine.config import Config

from mmdecon.export import convert, read_source, verify
from tests.support import tiny
from tests.support.exports import save
from tests.support.xnets import CONVNEXT, PAIRS, RESNET, SWIN

HEAD = dict(
    type='mmdecon.SegHeadDecoder',
    inputs=['d2', 'd3', 'd4', 'd5'],
    head=dict(type='mmdecon.PostFeaturePyramidHead', project=4),
)


def network(encoder, classifier, **decoders):
    """Config of a network whose decoder is an xNet."""
    xnet = dict(
        type='mmdecon.NeckDecoder',
        inputs=['c0', 'c5'],
        prefix='d',
        neck=dict(type='mmdecon.XNet', classifier=classifier),
    )
    return dict(
        type='mmdecon.Network',
        encoder=dict(type='mmdecon.WithImage', encoder=encoder),
        decoder=dict(xnet=xnet, **decoders),
    )


RESNETS = network(dict(RESNET, out_indices=(3,)), RESNET)


@pytest.mark.parametrize('pair', [(dict(RESNET, out_indices=(3,)), RESNET), (SWIN, CONVNEXT)], ids=['resnets', 'swin'])
def test_levels_and_a_step_by_contrast(pair) -> None:
    model = tiny.build(dict(enc='c5', **{f'dec_{i}': f'd{i}' for i in (2, 3, 4, 5)}), network=network(*pair))
    levels = model.network.student.levels
    assert {name: level.stride for name, level in levels.items()} == dict(c0=1, c5=32, d2=4, d3=8, d4=16, d5=32)
    assert [level.side for level in levels.values()] == ['encoder'] * 2 + ['decoder'] * 4
    assert not model.network.student.unused
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    unreached = {key for key, p in model.network.student.named_parameters() if p.requires_grad}
    for _ in range(2):
        optimiser.zero_grad()
        tiny.total(model(tiny.views())).backward()
        unreached -= {k for k, p in model.network.student.named_parameters() if p.grad is not None and p.grad.any()}
        optimiser.step()
    assert not unreached, sorted(unreached)[:4]


def test_from_the_decoders_levels_alone_the_encoder_trains() -> None:
    model = tiny.build(dict(dec='d5'), network=RESNETS)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    weight = model.network.student.encoder.encoder.conv1.weight
    found = []
    for _ in range(2):
        optimiser.zero_grad()
        tiny.total(model(tiny.views())).backward()
        found.append(weight.grad.abs().max().item())
        optimiser.step()
    assert found[0] == 0 < found[1]


def target(path, head=None):
    """The config of an mmseg model of the two ResNets."""
    model = dict(
        type='EncoderDecoder',
        backbone=dict(type='mmdecon.WithImage', encoder=PAIRS['resnet x resnet'][0]['encoder']),
        neck=dict(type='mmdecon.XNet', in_channels=[3, 64], classifier=RESNET),
        decode_head=dict(
            type='mmdecon.PostFeaturePyramidHead', in_channels=[8, 16, 32, 64], num_classes=5, **(head or {})
        ),
    )
    Config(dict(default_scope='mmseg', model=model)).dump(path)
    return str(path)


@pytest.mark.parametrize('with_config', [False, True])
def test_the_export_of_encoder_and_decoder_fits_strictly(tmp_path, with_config) -> None:
    source = read_source(save(tmp_path / 'decon.pth', RESNETS, 'c5', 'd2', 'd3', 'd4', 'd5'))
    export = convert(source, 'mmseg')
    assert {name.split('.')[0] for name in export.state} == {'backbone', 'neck'}
    assert {name.split('.')[1] for name in export.state} == {'encoder', 'reshape', 'classifier'}
    found = verify(source, export, target(tmp_path / 'target.py') if with_config else None)
    assert found.equal == ['c0', 'c5', 'd2', 'd3', 'd4', 'd5']
    assert set(found.fit.new) == ({'classifier'} if with_config else set())


def test_the_post_feature_pyramid_is_pre_trained_and_exported_too(tmp_path) -> None:
    config = network(dict(RESNET, out_indices=(3,)), RESNET, head=HEAD)
    source = read_source(save(tmp_path / 'decon.pth', config, 'out'))
    assert source.network.levels['out'].channels == 16
    export = convert(source, 'mmseg')
    assert {name.split('.')[0] for name in export.state} == {'backbone', 'neck', 'decode_head'}
    found = verify(source, export, target(tmp_path / 'target.py', dict(project=4)))
    assert 'out' in found.equal and set(found.fit.new) == {'classifier'}


def test_an_export_starts_both_sides_of_another_xnet(tmp_path) -> None:
    from tests.support.content import report

    from .test_weights import start_decoder, start_encoder

    source = read_source(save(tmp_path / 'decon.pth', RESNETS, 'c5', 'd2', 'd3', 'd4', 'd5'))
    state = convert(source, 'mmseg').state
    torch.save(dict(state_dict=state), tmp_path / 'export.pth')
    decoder, found = start_decoder(RESNET, tmp_path / 'export.pth', prefix='neck.classifier')
    assert not found.left_out and found.loaded > 100
    assert torch.equal(decoder.classifier.conv1.weight, state['neck.classifier.conv1.weight'])
    encoder = dict(RESNET, out_indices=(3,))
    side, found = start_encoder(encoder, tmp_path / 'export.pth', prefix='backbone.encoder')
    assert not found.left_out and torch.equal(side.encoder.conv1.weight, state['backbone.encoder.conv1.weight'])
    config = dict(checkpoint=str(tmp_path / 'export.pth'), prefix='neck.classifier')
    assert report(side.encoder, config).left_out  # another side's tensors are told apart
