"""What cannot be a decoder is refused when it is built, with the remedy."""

from typing import Any

import pytest

from mmdecon.registry import MODELS
from tests.support import tiny

from .catalogue import ALL, PYRAMID, head, necks


def build(*decoders: dict[str, Any]) -> Any:
    return MODELS.build(tiny.network({f'd{i}': decoder for i, decoder in enumerate(decoders)}))


@pytest.mark.parametrize(
    'decoder, message',
    [
        (head('FCNHead', 'c9'), "level 'c9' does not exist, but a SegHeadDecoder reads it"),
        (head('OCRHead', 'c5', ocr_channels=4), 'OCRHead reads the output of another head: name .* by previous'),
        (head('OCRHead', 'c5', ocr_channels=4, previous='x'), "level 'x' does not exist, but a SegHeadDecoder"),
        (head('FCNHead', 'c5', previous='c5'), "FCNHead reads no output of another head: leave out previous='c5'"),
        (head('FCNHead', 'c5', classifier='cls'), 'FCNHead has no cls: name the module that classifies'),
        (head('FCNHead', 'c5', classifier='conv_cat.activate.inplace'), 'FCNHead has no conv_cat'),
        (head('DAHead', 'c5', pam_channels=4, classifier='loss_decode'), 'DAHead does not use its loss_decode'),
        (head('FCNHead', 'c5', form='token'), "form is 'token' for 1 level"),
        (head('DDRHead', ['c4', 'c5'], form='map'), "form is 'map' for 2 level"),
        (head('FCNHead', 'c5', in_index=3), 'in_index=3 of mmseg.FCNHead counts in the inputs .* there are 1'),
        (head('NoHead', 'c5'), "there is no 'mmseg.NoHead' to build"),
    ],
)
def test_heads(decoder, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(decoder)


@pytest.mark.parametrize(
    'decoder, message',
    [
        (
            necks('mmseg.FPN', inputs=['c2', 'c9'], out_channels=8),
            "level 'c9' does not exist, but a NeckDecoder reads it",
        ),
        (necks('mmseg.JPU', inputs=ALL[1:], mid_channels=8), r'JPU makes 3 levels, of strides \[8, 16, 8\].*in names'),
        (necks('mmseg.FPN', names=['a', 'b'], out_channels=8), r'FPN makes 4 levels.*\[.a., .b.\] do not serve'),
        (necks('mmseg.FPN', names=['a', 'a', 'b', 'c'], out_channels=8), 'do not serve: give'),
        (necks('mmseg.ICNeck', out_channels=8), 'Length of input channels'),
        (necks('mmseg.Feature2Pyramid'), r'Feature2Pyramid takes one number of channels, its levels have \[8, 16'),
        (necks('mmseg.MultiLevelNeck', out_channels=8, scales=[1, 1, 1, 1, 1]), 'MultiLevelNeck does not run on the'),
        (necks('mmseg.FPN', inputs=['c4', 'c5'], start_level=2, out_channels=8), 'FPN does not run on the levels'),
    ],
)
def test_necks(decoder, message: str) -> None:
    with pytest.raises((ValueError, AssertionError), match=message):
        build(decoder)


def test_levels_of_a_neck_are_named_by_their_strides_where_they_are_others() -> None:
    built = build(necks('mmseg.FPN', start_level=1, out_channels=8))
    assert {name: level.stride for name, level in built.levels.items() if level.side == 'decoder'} == dict(
        p3=8, p4=16, p5=32, p6=64
    )
    assert list(build(PYRAMID, necks('mmseg.FPN', prefix='q', out_channels=4)).decoder['d1'].names)[0] == 'q2'


def test_a_config_may_say_itself_what_would_be_filled_in() -> None:
    with pytest.raises(Exception, match='16'):  # 16 channels where 64 come
        build(head('FCNHead', 'c5', in_channels=16))
    built = build(head('DepthwiseSeparableASPPHead', ALL, in_index=2, c1_channels=4, dilations=(1, 2)))
    decoder = built.decoder['d0'].decode_head
    assert (decoder.in_index, decoder.in_channels, decoder.c1_bottleneck.conv.in_channels) == (2, 32, 8)
