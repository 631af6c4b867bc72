"""xNet as a model of mmseg: steps, sizes, depth."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from mmengine.structures import PixelData
from mmseg.models.losses import SiLogLoss
from mmseg.structures import SegDataSample

from mmdecon.registry import MODELS
from tests.support.xnets import NAMES, picture, segmenter

METAS = dict(segmentation='gt_sem_seg', depth='gt_depth_map')


def samples(size, depth):
    """Truth of two images: classes with some unlabelled, or depths with some unknown."""
    generator = torch.Generator().manual_seed(1)
    found = []
    for _ in range(2):
        truth = torch.randint(0, 5, (1, *size), generator=generator)
        truth[:, :5] = 0 if depth else 255
        sample = SegDataSample(metainfo=dict(img_shape=size, ori_shape=size))
        sample.set_data(
            {METAS['depth' if depth else 'segmentation']: PixelData(data=truth.float() if depth else truth)}
        )
        found.append(sample)
    return found


@pytest.mark.parametrize('depth', [False, True], ids=['segmentation', 'depth'])
@pytest.mark.parametrize('name', NAMES)
def test_steps_reach_every_parameter(name, depth) -> None:
    model = segmenter(name, depth).train()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    unreached = {key for key, p in model.named_parameters() if p.requires_grad}
    for _ in range(3):  # a ConvNeXt V2 starts with blocks that pass nothing through their norms
        losses = model.loss(picture(64, 96), samples((64, 96), depth))
        loss = sum(value for key, value in losses.items() if 'loss' in key)
        assert torch.isfinite(loss)
        optimiser.zero_grad()
        loss.backward()
        unreached -= {key for key, p in model.named_parameters() if p.grad is not None and p.grad.any()}
        optimiser.step()
    allowed = {'backbone.encoder.cls_token'}  # a ViT's, where norms hold its last use back
    assert not unreached - allowed, sorted(unreached)[:4]


@pytest.mark.parametrize('depth', [False, True], ids=['segmentation', 'depth'])
@pytest.mark.parametrize('size', [(64, 96), (90, 70)], ids=str)
def test_predictions_have_the_images_size_and_are_cut_not_scaled(size, depth) -> None:
    model = segmenter('resnet x resnet', depth).eval()
    torch.nn.init.normal_(model.decode_head.conv_seg.weight)
    metas = [dict(img_shape=size, ori_shape=size)] * 2
    image = picture(*size)
    with torch.no_grad():
        found = model.encode_decode(image, metas)
        scores = model.decode_head(model.extract_feat(image))
    assert tuple(scores.shape[2:]) == tuple(-(-n // 4) * 4 for n in size)
    assert torch.equal(found, scores[..., : size[0], : size[1]])
    assert found.shape[2:] == size


def test_depth_is_a_sigmoid_times_the_range_and_its_loss_is_mmsegs() -> None:
    model = segmenter('resnet x resnet', depth=True).eval()
    torch.nn.init.normal_(model.decode_head.conv_seg.weight)
    truth = samples((90, 70), depth=True)
    maps = model.extract_feat(picture(90, 70))
    entered = []
    hook = model.decode_head.conv_seg.register_forward_hook(lambda module, inputs, output: entered.append(output))
    depth = model.decode_head(maps)
    hook.remove()
    wanted = 10 / (1 + torch.exp(-F.pixel_shuffle(entered[0], 4)))
    torch.testing.assert_close(depth, wanted)
    assert depth.min() > 0 and depth.max() < 10 and depth.std() > 0.5
    found = model.decode_head.loss(maps, truth, None)['loss_silog']
    stacked = torch.stack([sample.gt_depth_map.data for sample in truth])
    valid = stacked > 0
    parts = []
    for ours, theirs, known in zip(wanted[..., :90, :70], stacked, valid):
        g = ours[known].log() - theirs[known].log()
        parts.append((g.square().mean() - 0.5 * g.mean().square()).sqrt())
    torch.testing.assert_close(found, sum(parts) / 2)
    torch.testing.assert_close(found, SiLogLoss()(wanted[..., :90, :70], stacked))


def test_the_post_feature_pyramid_is_shuffles_side_by_side() -> None:
    head = partial(
        MODELS.build, dict(type='mmdecon.PostFeaturePyramidHead', in_channels=[8, 16, 32, 64], num_classes=2)
    )
    with DefaultScope.overwrite_default_scope('mmseg'):
        built = head().eval()
    assert [name for name, _ in built.named_parameters()] == ['conv_seg.weight', 'conv_seg.bias']
    maps = [torch.randn(1, 8 << i, 16 >> i, 24 >> i) for i in range(4)]
    wanted = torch.cat([F.pixel_shuffle(x, 1 << i) for i, x in enumerate(maps)], 1)
    assert wanted.shape == (1, 8 + 4 + 2 + 1, 16, 24)
    torch.testing.assert_close(built(maps), F.pixel_shuffle(built.conv_seg(wanted), 4))


@pytest.mark.parametrize(
    'options, channels, scale',
    [
        (dict(project=6), 24, 4),
        (dict(to_pixels=False), 15, 1),
        (dict(map_norm_cfg=dict(type='GN', num_groups=1)), 15, 4),
    ],
)
def test_options_of_the_head(options, channels, scale) -> None:
    config = dict(type='mmdecon.PostFeaturePyramidHead', in_channels=[8, 16, 32, 64], num_classes=2, **options)
    with DefaultScope.overwrite_default_scope('mmseg'):
        head = MODELS.build(config)
    assert head.conv_seg.weight.shape == (2 * scale * scale, channels, 1, 1)
    assert head([torch.randn(1, 8 << i, 16 >> i, 24 >> i) for i in range(4)]).shape == (1, 2, 16 * scale, 24 * scale)
    assert sum('norm' in name for name, _ in head.named_parameters()) == (8 if 'map_norm_cfg' in options else 0)


@pytest.mark.parametrize('kind', ['FPN', 'UPer'])
def test_heads_of_mmseg_give_depth_too(kind) -> None:
    more = dict(feature_strides=[4, 8, 16, 32]) if kind == 'FPN' else {}
    more.update(type=f'mmdecon.{kind}DepthHead', in_index=[0, 1, 2, 3], channels=8, norm_cfg=dict(type='BN'))
    model = segmenter('resnet x resnet', depth=True, **more).train()
    losses = model.loss(picture(64, 96), samples((64, 96), True))
    losses['decode.loss_silog'].backward()
    assert torch.isfinite(losses['decode.loss_silog']) and model.decode_head.conv_seg.weight.grad.any()
    assert model.eval().encode_decode(picture(64, 96), [dict(img_shape=(64, 96))] * 2).shape == (2, 1, 64, 96)
