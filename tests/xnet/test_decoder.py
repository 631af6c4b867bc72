"""xNet's decoder: shapes, gradients, and that it starts as the bare classifier on the image."""

import pytest
import torch
import torch.nn.functional as F

from mmdecon.models.decoders.reshape import ReShape
from mmdecon.registry import MODELS
from tests.support.xnets import CONVNEXT, NAMES, PAIRS, RESNET, parts, picture

SIZES = [(64, 96), (90, 70), (33, 64)]


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('size', SIZES, ids=str)
def test_maps_show_the_image_at_four_strides(name, size) -> None:
    encoder, decoder = parts(name)
    with torch.no_grad():
        found = decoder(encoder(picture(*size)))
    assert [tuple(x.shape[2:]) for x in found] == [tuple(-(-n // s) for n in size) for s in (4, 8, 16, 32)]


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('combine', ['multiply', 'add', 'gate'])
def test_at_first_the_stages_are_those_of_the_bare_classifier(name, combine) -> None:
    encoder, decoder = parts(name, combine=combine)
    for size in SIZES[:2]:
        image = picture(*size)
        height, width = (-(-n // 32) * 32 for n in size)
        with torch.no_grad():
            found = decoder(encoder(image))
            bare = decoder.classifier(F.pad(image, (0, width - size[1], 0, height - size[0])))
        for ours, theirs in zip(found, bare):
            assert theirs.std() > 1e-3
            torch.testing.assert_close(ours, theirs[..., : ours.shape[2], : ours.shape[3]], rtol=1e-5, atol=1e-5)


def test_what_is_combined_is_what_the_words_say() -> None:
    found = {}
    for combine in ('multiply', 'add', 'gate', 'none'):
        encoder, decoder = parts('resnet x resnet', combine=combine)
        with torch.no_grad():
            decoder.reshape.projection.weight.normal_()
            if combine == 'gate':
                decoder.gate.fill_(0.5)
            image, feature = encoder(picture())
            enlarged = F.pixel_shuffle(decoder.reshape.projection(feature), 32)
            wanted = dict(multiply=image * enlarged, add=image + enlarged, none=enlarged)
            wanted['gate'] = image + 0.46211716 * enlarged  # tanh(0.5)
            found[combine] = decoder.blend(image, feature)
        torch.testing.assert_close(found[combine], wanted[combine])
        assert found[combine].shape == image.shape and (found[combine] - image).abs().max() > 0.1


@pytest.mark.parametrize('name', NAMES)
def test_the_encoder_has_a_gradient_from_the_second_step_on(name) -> None:
    encoder, decoder = parts(name)

    def gradients():
        encoder.zero_grad(), decoder.zero_grad()
        sum(x.square().mean() for x in decoder(encoder(picture()))).backward()
        encoded = [p.grad.abs().max() for p in encoder.parameters() if p.requires_grad and p.grad is not None]
        return max(encoded), decoder.reshape.projection.weight.grad

    first, weight = gradients()
    assert first == 0 and weight.abs().max() > 0
    with torch.no_grad():
        decoder.reshape.projection.weight -= 0.01 * weight / weight.abs().max()
    assert gradients()[0] > 0


def test_a_small_start_gives_the_encoder_a_gradient_at_once() -> None:
    encoder, decoder = parts('resnet x resnet', init_std=1e-3)
    assert decoder.reshape.projection.weight.std().item() == pytest.approx(1e-3, rel=0.05)
    sum(x.square().mean() for x in decoder(encoder(picture()))).backward()
    assert encoder.encoder.conv1.weight.grad.abs().max() > 0


def test_without_the_image_the_image_does_not_reach_the_decoder() -> None:
    encoder, decoder = parts('resnet x resnet', combine='none')
    image, feature = encoder(picture())
    with torch.no_grad():
        for one, other in zip(decoder([image, feature]), decoder([image + 1, feature])):
            assert torch.equal(one, other)


def test_re_shape_is_a_shuffle_where_channels_divide() -> None:
    plain = ReShape(32, 4)
    assert not list(plain.parameters()) and plain.out_channels == 2
    x = torch.arange(32.0).reshape(1, 32, 1, 1)
    assert torch.equal(plain(x), torch.arange(32.0).reshape(1, 2, 4, 4))
    ceiled = ReShape(33, 4)
    assert ceiled.out_channels == 3 and ceiled.projection.weight.shape == (48, 33, 1, 1)
    normed = ReShape(32, 4, 5, dict(type='GN', num_groups=1))
    assert normed.norm.num_channels == 32 and normed(x.expand(1, 32, 2, 3)).shape == (1, 5, 8, 12)


def test_a_patch_of_14_sees_two_of_itself_in_32_pixels() -> None:
    encoder = MODELS.build(dict(type='mmdecon.WithImage', **PAIRS['dinov2 x convnextv2'][0])).eval()
    image = picture(64, 96)
    with torch.no_grad():
        same, found = encoder(image)
        resized = F.interpolate(image, size=(56, 84), mode='bicubic', align_corners=False)
        (raw,) = encoder.encoder(resized)
    assert torch.equal(same, image) and raw.shape[2:] == (4, 6)
    torch.testing.assert_close(found, F.avg_pool2d(raw, 2))


@pytest.mark.parametrize(
    'arguments, message',
    [
        (dict(combine='mul'), "combine is 'mul'; known: 'multiply', 'add', 'gate', 'none'"),
        (dict(combine='gate', init_std=0.1), 'init_std=0.1 is for multiply and add.*leave it out'),
        (dict(classifier=dict(CONVNEXT, gap_before_final_norm=True)), 'not a map.*gap_before_final_norm=False'),
    ],
)
def test_bad_arguments_are_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        MODELS.build({**dict(type='mmdecon.XNet', in_channels=[3, 64], classifier=RESNET), **arguments})


def test_a_map_of_another_stride_is_refused() -> None:
    encoder, decoder = parts('resnet x resnet', stride=16)
    with pytest.raises(ValueError, match=r'\(2, 3\) cells for an image of \(64, 96\).*must have \(4, 6\): set stride'):
        decoder(encoder(picture()))
