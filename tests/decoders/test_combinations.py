"""Several decoders in one run: behind one another, side by side; and what a decoder must stand."""

import copy
from typing import Any

import pytest
import torch
from mmengine import dist
from mmengine.config import Config
from torch.nn.parallel import DistributedDataParallel

from mmdecon.export import check_fit, convert, get_layout, read_export, read_source, verify, write
from mmdecon.registry import MODELS, build_foreign
from tests.support import tiny
from tests.support.exports import save

from .catalogue import ALL, PYRAMID, Entry, head, necks
from .heads import HEADS
from .trial import config, downstream, try_out

P = ['p2', 'p3', 'p4', 'p5']
UPER = head('UPerHead', P, pool_scales=(1, 2))


def network(decoder: dict[str, Any], **options: Any) -> Any:
    return MODELS.build(tiny.network(decoder, **options))


def test_a_head_reads_a_necks_levels() -> None:
    result = try_out(Entry(dict(neck=PYRAMID, head=UPER)))
    assert (result.levels, result.new) == ('out (8, /4)', 'conv_seg')


def test_a_neck_a_second_neck_and_a_head() -> None:
    second = necks('mmseg.FPN', inputs=P[:3], prefix='q', out_channels=4)
    decoder = dict(one=PYRAMID, two=second, head=head('SegformerHead', ['q3', 'q4']))
    assert network(decoder).levels['out'].stride == 8


def test_two_heads_side_by_side_are_trained_together_and_exported_one_at_a_time(tmp_path) -> None:
    decoder = dict(a=head('FCNHead', 'c5', level='a'), b=head('UPerHead', ALL, level='b', pool_scales=(1, 2)))
    source = read_source(save(tmp_path / 'two.pth', tiny.network(decoder), 'a', 'b'))
    assert source.network.unused == []
    with pytest.raises(ValueError, match="'a' and 'b' stand side by side"):
        convert(source, 'mmseg')
    for name in 'ab':
        assert name in verify(source, convert(source, 'mmseg', decoders=[name])).equal


def test_a_head_beside_a_neck() -> None:
    decoder = dict(neck=PYRAMID, head=head('FCNHead', 'c4'))
    model = tiny.build(dict(neck='p2', head='out'), network=tiny.network(decoder))
    tiny.total(model(tiny.views())).backward()
    student = model.network.student
    assert all((p.grad is None) == (name in student.unused) for name, p in student.named_parameters())
    assert {name.split('.')[3] for name in student.unused} == {'fpn_convs'}


@pytest.mark.parametrize(
    'name, classifier, untrained',
    [('OCRHead', 4, False), ('IterativeDecodeHead', 2, True), ('DAHead', 2, True), ('DPTHead', 2, False)],
)
def test_an_export_knows_what_it_leaves_to_initialise(tmp_path, name: str, classifier: int, untrained: bool) -> None:
    """Cascades, heads in heads, auxiliary outputs, class tokens: by checkpoint, target config and file."""
    entry = HEADS[name]
    source = read_source(save(tmp_path / 'decon.pth', config(entry), 'out'))
    made = convert(source, 'mmseg')
    target = Config(dict(default_scope='mmseg', model=downstream(entry, source, 'mmseg')))
    target.dump(tmp_path / 'target.py')
    found = verify(source, made, str(tmp_path / 'target.py'))
    assert 'out' in found.equal
    write(source, made, str(tmp_path / 'out.pth'))
    content = read_export(str(tmp_path / 'out.pth'))
    about = content['meta']['mmdecon']
    fit = check_fit(
        content['state_dict'],
        build_foreign(target.model),
        get_layout(about['layout']),
        about['untrained'],
        about['classifiers'],
    )
    assert fit == found.fit and len(fit.new.pop('classifier')) == classifier
    assert set(fit.new) == ({'not trained in pre-training (feeds no branch)'} if untrained else set())
    cascaded = {key[:14] for key in content['state_dict'] if key.startswith('decode_head.')}
    assert name != 'OCRHead' or cascaded == {'decode_head.0.', 'decode_head.1.'}


def test_a_part_of_a_cascade_is_not_exported_alone(tmp_path) -> None:
    source = read_source(save(tmp_path / 'ocr.pth', tiny.network(HEADS['OCRHead'].decoder), 'out'))
    with pytest.raises(ValueError, match=r"decoder 'head' reads \['regions'\]"):
        convert(source, 'mmseg', decoders=['head'])
    assert convert(source, 'mmseg', decoders=['regions']).places == dict(regions='decode_head')


@pytest.mark.parametrize('name', ['DAHead', 'DDRHead', 'EncHead', 'FCNHead'])
def test_a_pass_leaves_nothing_behind(name: str) -> None:
    built = network(HEADS[name].decoder)
    decoder = built.decoder['head'].train()
    before = {key: set(vars(module)) for key, module in decoder.named_modules()}
    maps = built(torch.randn(2, 3, 64, 64))
    assert maps['out'].requires_grad
    assert before == {key: set(vars(module)) for key, module in decoder.named_modules()}
    assert not any(module.__dict__['_forward_pre_hooks'] or module._forward_hooks for module in decoder.modules())
    twin = copy.deepcopy(built).eval()
    with torch.no_grad():
        image = torch.randn(1, 3, 64, 64)
        assert torch.equal(twin(image)['out'], built.eval()(image)['out'])


@pytest.mark.parametrize('name', ['ANNHead', 'FCNHead', 'IterativeDecodeHead'])
def test_the_dropout_of_a_head_is_taken_out(name: str) -> None:
    built = network(HEADS[name].decoder).train()
    image = torch.randn(2, 3, 64, 64)
    assert torch.equal(built(image)['out'], built(image)['out'])


def test_a_head_starts_from_one_that_has_classified(tmp_path) -> None:
    plain = head('FCNHead', 'c5')
    trained = build_foreign(dict(plain['head'], in_channels=64, in_index=0, num_classes=7))
    torch.save(dict(state_dict={f'decode_head.{k}': v for k, v in trained.state_dict().items()}), tmp_path / 'seg.pth')
    start = dict(type='Pretrained', checkpoint=str(tmp_path / 'seg.pth'), prefix='decode_head', ignore=('conv_seg.',))
    built = network(dict(head=dict(plain, head=dict(plain['head'], init_cfg=start))))
    built.init_weights()
    ours = built.decoder['head'].decode_head.convs[0].conv.weight
    assert torch.equal(ours, trained.convs[0].conv.weight)


def test_the_layers_of_a_head_train_though_its_own_flag_is_off() -> None:
    decoder = network(HEADS['DDRHead'].decoder).decoder['head'].train()
    flags = {key: module.training for key, module in decoder.decode_head.named_modules()}
    assert flags.pop('') is False and all(flags.values())
    assert not any(module.training for module in decoder.eval().modules())


@pytest.mark.parametrize('name', ['DAHead', 'PIDHead', 'IterativeDecodeHead'])
def test_torchs_data_parallel_finds_every_parameter_used(name: str) -> None:
    model = tiny.build(dict(enc='c5', dec='out'), network=tiny.network(HEADS[name].decoder))
    torch.distributed.init_process_group('gloo', store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        wrapped = DistributedDataParallel(model)
        for _ in range(2):  # the second pass of an unused parameter would raise
            tiny.total(wrapped(tiny.views(batch=2))).backward()
        assert dist.get_world_size() == 1
    finally:
        torch.distributed.destroy_process_group()
