import pytest
import torch

from mmdecon.models.network import Level, Network
from mmdecon.registry import MODELS
from tests.support import tiny


def build(*args, **kwargs) -> Network:
    return MODELS.build(tiny.network(*args, **kwargs))


def test_levels_are_asked_from_the_modules() -> None:
    levels = build().levels
    assert {n: (v.channels, v.stride) for n, v in levels.items()} == dict(
        c2=(8, 4), c3=(16, 8), c4=(32, 16), c5=(64, 32), p2=(8, 4), p3=(8, 8), p4=(8, 16), p5=(8, 32)
    )


@pytest.mark.parametrize(
    'head, inputs, channels, stride',
    [
        (dict(type='mmseg.FCNHead', channels=16, num_convs=2, dilation=6, concat_input=False), 'c5', 16, 32),
        (dict(type='mmseg.FCNHead', channels=16, num_convs=2, concat_input=True), 'c4', 16, 16),
        (dict(type='mmseg.UPerHead', channels=16, pool_scales=(1, 2, 3, 6)), ['c2', 'c3', 'c4', 'c5'], 16, 4),
        (dict(type='mmseg.FPNHead', channels=16), ['p2', 'p3', 'p4', 'p5'], 16, 4),
    ],
)
def test_decode_heads_give_their_feature_map(head, inputs, channels, stride) -> None:
    decoder = dict(
        fpn=tiny.FPN, head=dict(type='mmdecon.SegHeadDecoder', head=dict(head, norm_cfg=tiny.BN), inputs=inputs)
    )
    network = build(decoder)
    assert network.levels['out'] == Level('out', channels, stride, 'decoder')
    assert not [name for name in network.state_dict() if 'conv_seg' in name]
    network.use(['out'])
    assert network.train()(torch.randn(2, 3, 64, 96))['out'].shape == (2, channels, 64 // stride, 96 // stride)


@pytest.mark.parametrize('levels, unused', [(['p2'], ['p3', 'p4', 'p5']), (['p2', 'p5'], ['p3', 'p4'])])
def test_parameters_that_feed_no_level_are_frozen(levels, unused) -> None:
    network = build()
    network.use(levels)
    frozen = {name for name, p in network.named_parameters() if not p.requires_grad}
    index = {'p2': 0, 'p3': 1, 'p4': 2, 'p5': 3}
    fields = ('conv.weight', 'bn.weight', 'bn.bias')
    assert (
        frozen == {f'decoder.fpn.neck.fpn_convs.{index[p]}.{f}' for p in unused for f in fields} == set(network.unused)
    )


def test_an_encoder_stage_above_the_last_level_is_frozen() -> None:
    network = build({})
    network.use(['c4'])
    assert {name.split('.')[1] for name in network.unused} == {'layer4'}


def test_probing_leaves_modes_and_statistics_alone() -> None:
    network = build().train()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    network.probe()
    assert all(m.training for m in network.modules())
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_unknown_level() -> None:
    with pytest.raises(ValueError, match=r"level 'p7' does not exist.*'c2'.*'p5'"):
        build().use(['p7'])


def test_decoder_reads_a_level_that_does_not_exist() -> None:
    head = dict(type='mmdecon.SegHeadDecoder', inputs=['p2', 'p3'], head=dict(type='mmseg.FPNHead', channels=8))
    with pytest.raises(ValueError, match="level 'p2', 'p3' does not exist, but a SegHeadDecoder"):
        build(dict(head=head, fpn=dict(tiny.FPN, prefix='q')))


def test_decoders_run_when_their_levels_exist_in_whatever_order_they_are_written() -> None:
    head = dict(type='mmdecon.SegHeadDecoder', inputs=['p2', 'p3'], head=dict(type='mmseg.FPNHead', channels=8))
    network = build(dict(head=head, fpn=tiny.FPN))
    assert list(network.decoder) == ['fpn', 'head'] and 'out' in network.levels


def test_two_decoders_need_two_names() -> None:
    with pytest.raises(ValueError, match='exist already'):
        build(dict(one=tiny.FPN, two=tiny.FPN))
    network = build(dict(one=tiny.FPN, two=dict(tiny.FPN, prefix='q')))
    assert {'p2', 'q2'} <= set(network.levels)
    assert network.decoder.two.inputs == ['c2', 'c3', 'c4', 'c5']


def test_mmdet_fpn_is_the_same_decoder() -> None:
    pytest.importorskip('mmdet')
    ours = build().state_dict()
    theirs = build(
        dict(fpn=dict(type='mmdecon.NeckDecoder', neck=dict(type='mmdet.FPN', out_channels=8, norm_cfg=tiny.BN)))
    )
    assert {k: v.shape for k, v in theirs.state_dict().items()} == {k: v.shape for k, v in ours.items()}


class TestLateralDropout:
    def laterals(self, **kwargs):
        network = build(dict(fpn=dict(tiny.FPN, **kwargs)))
        seen = []
        for conv in network.decoder.fpn.neck.lateral_convs:
            conv.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
        network(torch.randn(4, 3, 64, 64))
        return seen

    def test_channels_of_each_image_but_never_of_the_coarsest_map(self) -> None:
        torch.manual_seed(0)
        maps = self.laterals(channel_dropout=0.5)
        dropped = [(x == 0).all(dim=3).all(dim=2) for x in maps]
        assert all(0 < d.float().mean() < 1 for d in dropped[:3]) and not dropped[3].any()
        assert len({tuple(row.tolist()) for row in dropped[0]}) > 1

    def test_a_whole_map_for_the_batch(self) -> None:
        torch.manual_seed(1)
        states = [[bool((x == 0).all()) for x in self.laterals(map_dropout=0.5)] for _ in range(8)]
        assert {s for row in states for s in row[:3]} == {True, False} and not any(row[3] for row in states)

    def test_teacher_drops_unless_told_otherwise(self) -> None:
        for drop, equal in ((True, False), (False, True)):
            decoder = dict(fpn=dict(tiny.FPN, channel_dropout=0.5, drop_in_teacher=drop))
            model = tiny.build(network=tiny.network(decoder))
            image = torch.randn(2, 3, 64, 64)
            a, b = (model.network(image, half='teacher')['p2'] for _ in range(2))
            assert torch.equal(a, b) is equal
            assert not torch.equal(*(model.network(image)['p2'] for _ in range(2)))

    def test_both_at_once(self) -> None:
        with pytest.raises(ValueError, match='exclude each other'):
            build(dict(fpn=dict(tiny.FPN, channel_dropout=0.5, map_dropout=0.5)))


class TestPretrainedEncoder:
    def save(self, tmp_path, **encoder) -> str:
        module = MODELS.build(dict(tiny.RESNET, **encoder))
        module.init_weights()
        state = {f'backbone.{k}': v for k, v in module.state_dict().items()}
        state['backbone.fc.weight'] = torch.zeros(2, 2)
        torch.save(dict(state_dict=state), tmp_path / 'weights.pth')
        return str(tmp_path / 'weights.pth')

    def test_loaded_into_both_halves(self, tmp_path) -> None:
        path = self.save(tmp_path)
        encoder = dict(tiny.RESNET, init_cfg=dict(type='Pretrained', checkpoint=path, prefix='backbone'))
        model = tiny.build(network=tiny.network(encoder=encoder))
        wanted = torch.load(path)['state_dict']['backbone.layer3.1.conv2.weight']
        for half in (model.network.student, model.network.teacher):
            assert torch.equal(half.encoder.layer3[1].conv2.weight, wanted)

    def test_another_backbone_is_refused(self, tmp_path) -> None:
        path = self.save(tmp_path, base_channels=16)
        encoder = dict(tiny.RESNET, init_cfg=dict(type='Pretrained', checkpoint=path, prefix='backbone.'))
        with pytest.raises(ValueError, match='does not hold the weights of ResNet.*bn1.bias has shape'):
            tiny.build(network=tiny.network(encoder=encoder))
