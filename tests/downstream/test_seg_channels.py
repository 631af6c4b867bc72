"""mmseg's data preprocessor with any number of channels."""

from typing import Any

import pytest
import torch
from mmseg.models import SegDataPreProcessor
from mmseg.structures import SegDataSample

from mmdecon.downstream.seg_channels import SegChannelsPreprocessor

SIZE: dict[str, Any] = dict(size=(8, 8), pad_val=0, seg_pad_val=255)


def batch(channels: int, dtype: torch.dtype = torch.float32) -> dict[str, Any]:
    torch.manual_seed(0)
    samples = [SegDataSample(metainfo=dict(img_shape=(6, 7))) for _ in range(2)]
    return dict(inputs=[(torch.rand(channels, 6, 7) * 200).to(dtype) for _ in samples], data_samples=samples)


@pytest.mark.parametrize('dtype', [torch.float32, torch.int16, torch.uint8])
@pytest.mark.parametrize('channels', [1, 2, 4, 13])
def test_each_channel_has_its_mean(channels: int, dtype: torch.dtype) -> None:
    mean, std = [float(i) for i in range(channels)], [1.0 + i for i in range(channels)]
    given = batch(channels, dtype)
    made = SegChannelsPreprocessor(mean, std, **SIZE)(given)['inputs']
    stacked = torch.stack(given['inputs']).float()
    for i in range(channels):
        torch.testing.assert_close(made[:, i], (stacked[:, i] - i) / (1.0 + i))


def test_of_three_channels_it_is_mmsegs() -> None:
    mean, std = [10.0, 20.0, 30.0], [4.0, 5.0, 6.0]
    ours, theirs = (kind(mean, std, **SIZE) for kind in (SegChannelsPreprocessor, SegDataPreProcessor))
    assert torch.equal(ours(batch(3))['inputs'], theirs(batch(3))['inputs'])
    assert ours.state_dict().keys() == theirs.state_dict().keys()


def test_refusals() -> None:
    with pytest.raises(ValueError, match='keep their order: leave out bgr_to_rgb'):
        SegChannelsPreprocessor([1.0], [1.0], bgr_to_rgb=True)
    for std in ([1.0], [1.0, 0.0]):
        with pytest.raises(ValueError, match='give an std above 0 for each mean'):
            SegChannelsPreprocessor([1.0, 2.0], std)
