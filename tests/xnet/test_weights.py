"""Both sides start from the files of the libraries, with nothing lost but the classification layer."""

import pytest
import torch
import torchvision

from mmdecon.registry import MODELS, build_foreign
from tests.support.content import report
from tests.support.xnets import CONVNEXT, CONVNEXTV2, LITE0_DECODER, LITE0_ENCODER, SWIN, needs_timm, picture, shake

RESNET18 = dict(type='mmpretrain.ResNet', depth=18)


def start_decoder(classifier, path, **init):
    """An XNet whose classifier starts from a file, and what became of the file."""
    config = dict(type='Pretrained', checkpoint=str(path), **init)
    decoder = MODELS.build(
        dict(type='mmdecon.XNet', in_channels=[3, 8], classifier=dict(classifier, init_cfg=config))
    ).eval()
    decoder.init_weights()
    return decoder, report(decoder.classifier, config)


def start_encoder(encoder, path, **init):
    """The same for the other side."""
    config = dict(type='Pretrained', checkpoint=str(path), **init)
    side = MODELS.build(dict(type='mmdecon.WithImage', encoder=dict(encoder, init_cfg=config))).eval()
    side.init_weights()
    return side, report(side.encoder, config)


def stages(decoder, image):
    """The decoder's maps at its start, for a map of the encoder that is never zero."""
    with torch.no_grad():
        return decoder([image, torch.randn(len(image), 8, image.shape[2] // 32, image.shape[3] // 32)])


def test_torchvision(tmp_path) -> None:
    theirs = shake(torchvision.models.resnet18()).eval()
    torch.save(theirs.state_dict(), tmp_path / 'resnet18.pth')
    decoder, found = start_decoder(dict(RESNET18, out_indices=(0, 1, 2, 3)), tmp_path / 'resnet18.pth')
    assert found == (100, ['fc.weight', 'fc.bias'])
    image, wanted = picture(), []
    for stage in (theirs.layer1, theirs.layer2, theirs.layer3, theirs.layer4):
        stage.register_forward_hook(lambda module, inputs, output: wanted.append(output))
    with torch.no_grad():
        theirs(image)
    for ours, their in zip(stages(decoder, image), wanted, strict=True):
        torch.testing.assert_close(ours, their, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('config', [CONVNEXT, CONVNEXTV2], ids=['v1', 'v2'])
def test_a_classifier_of_mmpretrain(config, tmp_path) -> None:
    plain = {key: value for key, value in config.items() if key not in ('out_indices', 'gap_before_final_norm')}
    head = dict(type='mmpretrain.LinearClsHead', num_classes=7, in_channels=64)
    classifier = build_foreign(dict(type='mmpretrain.ImageClassifier', backbone=plain, head=head))
    shake(classifier).eval()
    torch.save(dict(state_dict=classifier.state_dict()), tmp_path / 'convnext.pth')
    decoder, found = start_decoder(config, tmp_path / 'convnext.pth', prefix='backbone')
    assert found == (len(classifier.backbone.state_dict()), [])
    image = picture()
    with torch.no_grad():
        wanted = classifier.extract_feat(image)[-1]
    last = decoder.classifier.stages[-1]
    maps = []
    last.register_forward_hook(lambda module, inputs, output: maps.append(output))
    stages(decoder, image)
    torch.testing.assert_close(
        classifier.backbone.norm3(maps[0].mean([2, 3], keepdim=True)).flatten(1), wanted, rtol=1e-5, atol=1e-5
    )


def test_a_file_for_another_network_is_refused(tmp_path) -> None:
    torch.save(torchvision.models.resnet34().state_dict(), tmp_path / 'resnet34.pth')
    with pytest.raises(
        ValueError, match=r'resnet34.pth does not hold the weights of ResNet \(XNet.classifier.init_cfg'
    ):
        start_decoder(RESNET18, tmp_path / 'resnet34.pth')
    with pytest.raises(ValueError, match=r'\(WithImage.encoder.init_cfg'):
        start_encoder(RESNET18, tmp_path / 'resnet34.pth')


def test_the_encoders_side(tmp_path) -> None:
    theirs = shake(MODELS.build(dict(SWIN, out_indices=(3,))))
    state = {f'backbone.{name}': value for name, value in theirs.state_dict().items()}
    torch.save(dict(state_dict={**state, 'head.fc.weight': torch.zeros(7, 64)}), tmp_path / 'swin.pth')
    side, found = start_encoder(SWIN, tmp_path / 'swin.pth', prefix='backbone')
    assert found.left_out == []
    theirs.eval()
    image = picture()
    with torch.no_grad():
        torch.testing.assert_close(side(image)[1], theirs(image)[0])


def test_a_frozen_encoder_has_its_weights_inside(tmp_path) -> None:
    theirs = shake(MODELS.build(RESNET18))
    torch.save(theirs.state_dict(), tmp_path / 'resnet18.pth')
    inner = dict(RESNET18, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet18.pth')))
    network = dict(type='mmdecon.Network', encoder=dict(type='mmdecon.WithImage', encoder=inner), freeze_encoder=True)
    built = MODELS.build(network)
    built.init_weights()
    assert torch.equal(built.encoder.encoder.conv1.weight, theirs.conv1.weight)
    inner.pop('init_cfg')
    with pytest.raises(ValueError, match='freeze_encoder is set, but the encoder has no weights'):
        MODELS.build(network).init_weights()


@needs_timm
def test_timm(tmp_path) -> None:
    import timm

    theirs = shake(timm.create_model('tf_efficientnet_lite0')).eval()
    torch.save(theirs.state_dict(), tmp_path / 'timm.pth')
    check_lite0(theirs, tmp_path / 'timm.pth')


def check_lite0(theirs, path) -> None:
    """Both sides compute what timm computes."""
    beyond = {name for name in theirs.state_dict() if name.startswith(('conv_head', 'bn2', 'classifier'))}
    beyond -= {'bn2.num_batches_tracked'}
    image = picture()
    with torch.no_grad():
        wanted = theirs.forward_intermediates(image, intermediates_only=True)
    decoder, found = start_decoder(LITE0_DECODER, path)
    assert set(found.left_out) == beyond and len(beyond) == 7
    for ours, their in zip(stages(decoder, image), wanted[1:], strict=True):
        torch.testing.assert_close(ours, their, rtol=1e-5, atol=1e-4)
    side, found = start_encoder(LITE0_ENCODER, path)
    assert set(found.left_out) == beyond
    with torch.no_grad():
        torch.testing.assert_close(side(image)[1], wanted[-1], rtol=1e-5, atol=1e-4)
