"""Every layout with every architecture: features in the library equal ours, and its files start our networks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config

from mmdecon.export import Layout, Source, convert, get_layout, read_export, read_source, verify, write
from mmdecon.models.network import Network
from mmdecon.registry import LAYOUTS, MODELS
from mmdecon.translation import TABLES
from tests.support import tiny
from tests.support.architectures import ENCODERS, need_library, network
from tests.support.exports import FCN_HEAD, PLAIN, save
from tests.support.registered import registered
from tests.support.wide import sampled

RESNETS = {'ResNet', 'ResNeXt'}
FAMILIES: dict[str, set[str]] = {  # layout -> architectures that its library has
    'mmseg': {*ENCODERS},
    'mmdet': {*ENCODERS},
    'mmpretrain': {*ENCODERS},
    'timm': {*ENCODERS} - {'HRNet'},
    'torchvision': RESNETS | {'ConvNeXt', 'Swin', 'ViT'},
    'torchvision.detection': RESNETS,
    'torchvision.segmentation': RESNETS,
    'detectron2': RESNETS,
    'smp': RESNETS,
}
PAIRS = [(layout, name) for layout, names in FAMILIES.items() for name in sorted(names)]
TRANSLATED = [(layout, name) for layout, name in PAIRS if not layout.startswith('mm')]
REFUSED = [(layout, name) for layout, names in FAMILIES.items() for name in ENCODERS if name not in names]


@pytest.fixture(scope='module')
def source(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Source]:
    """The small pre-trained network of an architecture, made once."""
    made: dict[str, Source] = {}
    folder = tmp_path_factory.mktemp('sources')

    def make(name: str) -> Source:
        if name not in made:
            levels = ['layer1', 'layer2'] if name == 'ViT' else ['c2', 'c3', 'c4', 'c5']
            made[name] = read_source(save(folder / 'decon.pth', network(name), *levels))
        return made[name]

    return make


def start(name: str, path: Any, prefix: str) -> Network:
    """A network whose encoder starts from a file."""
    config = network(name)
    init = dict(type='Pretrained', checkpoint=str(path), prefix=prefix)
    built = MODELS.build(dict(config, encoder=dict(config['encoder'], init_cfg=init)))
    built.init_weights()
    return built.eval()


def test_every_layout_is_here() -> None:
    assert FAMILIES.keys() == registered(LAYOUTS, Layout).keys()


@pytest.mark.parametrize('layout, name', sampled(PAIRS, 4))
def test_features_are_equal(source, layout: str, name: str) -> None:
    need_library(layout)
    pretrained = source(name)
    made = convert(pretrained, layout, 'encoder')
    equal = verify(pretrained, made).equal
    last_alone = layout == 'mmpretrain' and ('ConvNeXt' in name or name == 'Swin')
    levels = pretrained.network.level_names
    assert equal == (levels[-1:] if last_alone else levels)
    early = [f'encoder.norm{i}.{kind}' for i in range(3) for kind in ('bias', 'weight')]
    lost = name.startswith(('ConvNeXt', 'Swin')) and layout not in ('mmseg', 'mmdet')
    assert made.left_out == (early if lost else [])


SWIN = dict(embed_dims=8, depths=(2, 1, 2, 2), num_heads=(1, 2, 2, 4), window_size=2, pretrain_img_size=64)


@pytest.mark.parametrize('layout', ['timm', 'torchvision', 'mmpretrain'])
@pytest.mark.parametrize(
    'encoder', [dict(tiny.RESNET, type='mmseg.ResNetV1c', base_channels=64), dict(SWIN, type='mmseg.SwinTransformer')]
)
def test_classes_of_mmseg(tmp_path, layout: str, encoder: dict[str, Any]) -> None:
    need_library(layout)
    pretrained = read_source(save(tmp_path / 'decon.pth', tiny.network({}, encoder=encoder), 'c2', 'c3', 'c4', 'c5'))
    if (layout, encoder['type']) == ('torchvision', 'mmseg.ResNetV1c'):
        with pytest.raises(ValueError, match=r'the ResNet of torchvision has no place for stem\.0\.weight$'):
            convert(pretrained, layout, 'encoder')
        return
    assert verify(pretrained, convert(pretrained, layout, 'encoder')).equal[-1] == 'c5'


@pytest.mark.parametrize('layout, name', sampled(REFUSED, 3))
def test_what_a_library_lacks_is_refused(source, layout: str, name: str) -> None:
    with pytest.raises(ValueError, match=r'^encoder: .*(no place for|no counterpart|models of this layout)') as found:
        convert(source(name), layout, 'encoder')
    assert '\n' not in str(found.value)


@pytest.mark.parametrize('layout, name', sampled(TRANSLATED, 4))
def test_a_file_of_the_library_starts_an_encoder(source, tmp_path, layout: str, name: str) -> None:
    need_library(layout)
    pretrained, kind = source(name), get_layout(layout)
    made = convert(pretrained, layout, 'encoder')
    model = kind.build_target(pretrained, made)
    model.load_state_dict(made.state, strict=False)
    prefix, state = kind.places['encoder'], model.state_dict()
    if layout == 'detectron2':  # whose files have it so
        prefix, state = f'model.{prefix}', dict(model=state, iteration=3)
    torch.save(state, tmp_path / 'theirs.pth')
    ours = start(name, tmp_path / 'theirs.pth', prefix)
    lost = {key.removeprefix('encoder.') for key in made.left_out}
    started = ours.encoder.state_dict()
    for key, value in pretrained.network.encoder.state_dict().items():
        counts = key.endswith('num_batches_tracked')
        assert key in lost or counts or torch.equal(started[key], value), key


@pytest.mark.parametrize(
    'layout, name', sampled([('timm', 'Swin'), ('torchvision', 'ConvNeXt'), ('mmpretrain', 'ResNet')], 3)
)
@pytest.mark.parametrize('ending', ['pth', 'safetensors'])
def test_files_are_read_back_and_start_an_encoder(source, tmp_path, layout: str, name: str, ending: str) -> None:
    need_library(layout)
    pretrained, path = source(name), str(tmp_path / f'out.{ending}')
    made = convert(pretrained, layout, 'encoder')
    write(pretrained, made, path)
    content = read_export(path)
    assert content['state_dict'].keys() == made.state.keys()
    assert all(torch.equal(content['state_dict'][key], value) for key, value in made.state.items())
    about = content['meta']['mmdecon']
    assert (about['layout'], about['part'], about['step'], about['untrained']) == (layout, 'encoder', 3, made.untrained)
    assert "type='mmdecon.DeCon'" in about['config'] and len(about['checkpoint_sha256']) == 64
    started = start(name, path, get_layout(layout).places['encoder']).encoder.state_dict()
    for key, value in pretrained.network.encoder.state_dict().items():
        assert f'encoder.{key}' in made.left_out or torch.equal(started[key], value), key


@pytest.mark.parametrize('ending', ['pth', 'safetensors'])
def test_damaged_files_are_refused(source, tmp_path, ending: str) -> None:
    pretrained, path = source('ViT'), tmp_path / f'out.{ending}'
    write(pretrained, convert(pretrained, 'torchvision', 'encoder'), str(path))
    whole = path.read_bytes()
    for size in (0, 5, 300, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match='cannot be read as a checkpoint'):
            read_export(str(path))
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1  # within the tensors
    path.write_bytes(changed)
    with pytest.raises(ValueError, match='is damaged'):
        read_export(str(path))


@pytest.mark.parametrize('name', ['ConvNeXt', 'Swin'])
def test_official_files(source, tmp_path, name: str) -> None:
    """timm's own converter takes what the table makes for the same model as the layout of timm."""
    timm = pytest.importorskip('timm', reason='timm is not installed: pip install timm')
    pretrained = source(name)
    made = convert(pretrained, 'timm', 'encoder')
    state = pretrained.network.encoder.state_dict()
    (table,) = [table for table in TABLES if table.library == 'official' and not table.unknown(state)]
    official = table.export(state)
    converter = getattr(timm.models, 'convnext' if name == 'ConvNeXt' else 'swin_transformer').checkpoint_filter_fn
    converted = converter(dict(official), get_layout('timm').build_target(pretrained, made))
    assert converted.keys() == made.state.keys()
    assert all(torch.equal(value, made.state[key]) for key, value in converted.items())
    torch.save(dict(model={**official, 'head.weight': torch.zeros(5, 32)}), tmp_path / 'official.pth')
    started = start(name, tmp_path / 'official.pth', 'model').encoder.state_dict()
    assert all(torch.equal(started[key], x) for key, x in state.items() if f'encoder.{key}' not in made.left_out)


class Evil:
    def __reduce__(self):
        return print, ('executed',)


@pytest.mark.parametrize('ending', ['pth', 'safetensors'])
def test_code_in_a_file_is_not_executed(tmp_path, capsys, ending: str) -> None:
    torch.save(dict(state_dict={}, meta=Evil()), tmp_path / f'evil.{ending}')
    with pytest.raises(ValueError, match='cannot be read as a checkpoint'):
        read_export(str(tmp_path / f'evil.{ending}'))
    with pytest.raises(ValueError, match='cannot be read as a checkpoint'):
        start('Swin', tmp_path / f'evil.{ending}', '')
    assert 'executed' not in capsys.readouterr().out


def test_weights_of_another_model_are_refused(tmp_path) -> None:
    torchvision = pytest.importorskip('torchvision')
    torch.save(torchvision.models.resnet18().state_dict(), tmp_path / 'resnet18.pth')
    with pytest.raises(ValueError, match=r'resnet18\.pth does not hold the weights of SwinTransformer'):
        start('Swin', tmp_path / 'resnet18.pth', '')
    model = torchvision.models.SwinTransformer([4, 4], 8, [2, 1, 2, 2], [1, 2, 2, 4], [2, 2])
    state = {key: value for key, value in model.state_dict().items() if key != 'features.3.0.mlp.3.bias'}
    torch.save(state, tmp_path / 'swin.pth')
    with pytest.raises(ValueError, match=r'stages\.1\.blocks\.0\.ffn\.layers\.1\.bias is missing'):
        start('Swin', tmp_path / 'swin.pth', '')


FPN_NORMS = dict(PLAIN, neck=dict(PLAIN['neck'], norm_cfg=tiny.BN))
THREE = dict(PLAIN, inputs=['c3', 'c4', 'c5'])


@pytest.mark.parametrize('layout', ['torchvision.detection', 'detectron2'])
@pytest.mark.parametrize(
    'fpn, fold', sampled([(FPN_NORMS, True), (PLAIN, False), (FPN_NORMS, False), (THREE, False)], 4)
)
def test_fpns(tmp_path, layout: str, fpn: dict[str, Any], fold: bool) -> None:
    config = network('ResNet', dict(fpn=fpn))
    made = ['p3', 'p4', 'p5'] if fpn is THREE else ['p2', 'p3', 'p4', 'p5']
    pretrained = read_source(save(tmp_path / 'decon.pth', config, 'c5', *made))
    export = convert(pretrained, layout, fold_norm=fold)
    assert verify(pretrained, export).equal == ['c2', 'c3', 'c4', 'c5', *made]
    write(pretrained, export, str(tmp_path / 'out.pth'))
    if fold:
        return
    prefix = get_layout(layout).places['neck']
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'out.pth'), prefix=prefix)
    ignored = dict(ignore=['bottom_up.']) if layout == 'detectron2' else {}  # which stands beside the FPN
    started = network('ResNet', dict(fpn=dict(fpn, neck=dict(fpn['neck'], init_cfg=dict(init, **ignored)))))
    ours = MODELS.build(started)
    ours.init_weights()
    for key, value in pretrained.network.decoder['fpn'].state_dict().items():
        assert torch.equal(ours.decoder['fpn'].state_dict()[key], value) or 'tracked' in key, key


def test_an_fcn_of_torchvision(tmp_path) -> None:
    pretrained = read_source(save(tmp_path / 'decon.pth', network('ResNet', dict(head=FCN_HEAD)), 'c5', 'out'))
    made = convert(pretrained, 'torchvision.segmentation')
    found = verify(pretrained, made)
    assert found.equal == ['c2', 'c3', 'c4', 'c5', 'out'] and made.classifiers == ['classifier.4.']
    assert found.fit.new == {'classifier': ['classifier.4.weight', 'classifier.4.bias']}
    wider = dict(FCN_HEAD, head=dict(FCN_HEAD['head'], num_convs=2))
    other = read_source(save(tmp_path / 'decon.pth', network('ResNet', dict(head=wider)), 'c5', 'out'))
    with pytest.raises(ValueError, match=r'decoder\.head: the FCN head of torchvision has no place for convs\.1\.'):
        convert(other, 'torchvision.segmentation')


def test_a_layout_for_another_kind_of_model(source, tmp_path) -> None:
    with pytest.raises(ValueError, match=r'no place for a neck, only for \[.encoder.\]'):
        convert(read_source(save(tmp_path / 'decon.pth', network('ResNet', dict(fpn=PLAIN)), 'p2')), 'torchvision')
    pretrained = source('ResNet')
    with pytest.raises(ValueError, match=r'Each kind of model has its layout \(torchvision for classifiers'):
        verify(pretrained, convert(pretrained, 'torchvision', 'encoder'), 'resnet34')
    with pytest.raises(ValueError, match='resnet19'):
        verify(pretrained, convert(pretrained, 'torchvision', 'encoder'), 'resnet19')


@pytest.mark.parametrize(
    'layout, target, words',
    [
        ('timm', 'resnet19', r'the timm model resnet19 for .* cannot be built'),
        ('timm', 'resnet34', r'Give --target a timm model of the same depths and widths'),
        ('detectron2', 'COCO-Detection/faster_rcnn_R_50_FPN_1x.yaml', 'detectron2 is not imported'),
    ],
)
def test_targets_that_do_not_fit(source, layout: str, target: str, words: str) -> None:
    need_library(layout)
    with pytest.raises(ValueError, match=words):
        verify(source('ResNet'), convert(source('ResNet'), layout, 'encoder'), target)


@pytest.mark.parametrize('layout', ['timm', 'torchvision'])
def test_a_named_model_tells_what_it_initialises(tmp_path, layout: str) -> None:
    need_library(layout)
    config = tiny.network({}, encoder=dict(tiny.RESNET, base_channels=64))
    pretrained = read_source(save(tmp_path / 'decon.pth', config, 'c5'))
    found = verify(pretrained, convert(pretrained, layout, 'encoder'), 'resnet18')
    assert found.fit.new == {'classifier': ['fc.weight', 'fc.bias']} and found.equal == ['c2', 'c3', 'c4', 'c5']


@pytest.mark.parametrize(
    'name, backbone',
    [
        ('ConvNeXt', dict(type='ConvNeXt', arch=ENCODERS['ConvNeXt']['arch'])),
        ('Swin', dict({**ENCODERS['Swin'], 'type': 'SwinTransformer'}, out_indices=(3,))),
        ('ViT', dict(type='VisionTransformer', arch=ENCODERS['ViT']['arch'], img_size=64)),
    ],
)
def test_classifiers_of_mmpretrain(source, tmp_path: Path, name: str, backbone: dict[str, Any]) -> None:
    neck = {} if name == 'ViT' else dict(neck=dict(type='GlobalAveragePooling'))
    kind = 'VisionTransformerClsHead' if name == 'ViT' else 'LinearClsHead'
    model = dict(type='ImageClassifier', backbone=backbone, head=dict(type=kind, num_classes=5, in_channels=32), **neck)
    model['head']['in_channels'] = {'ConvNeXt': 32, 'Swin': 64, 'ViT': 24}[name]
    Config(dict(default_scope='mmpretrain', model=model)).dump(tmp_path / 'classifier.py')
    pretrained = source(name)
    found = verify(pretrained, convert(pretrained, 'mmpretrain', 'encoder'), str(tmp_path / 'classifier.py'))
    assert found.equal == pretrained.network.level_names[-1:]
    assert found.fit.new.keys() == {'classifier'}
