"""Every class that mmdecon registers keeps its contract, and is in the tables that tests are made of."""

import inspect
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import pytest
import torch

from mmdecon.export import PARTS, Export, Layout, Source, convert, get_layout, read_source, verify
from mmdecon.models.decoders import NECK, Decoder
from mmdecon.models.decoders.base import PLACES
from mmdecon.models.heads import Head
from mmdecon.models.objectives import Objective
from mmdecon.registry import LAYOUTS, MODELS

from .decoders import table
from .support import all_objectives, architectures, tiny
from .support.exports import DENSE, FCN_HEAD, FPN_HEAD, PLAIN, SMP_FPN, save
from .support.registered import registered

HEADS, OBJECTIVES = registered(MODELS, Head), registered(MODELS, Objective)
DECODERS, KINDS = registered(MODELS, Decoder), registered(LAYOUTS, Layout)
LAYOUT_DECODERS: Mapping[str, dict[str, Any]] = MappingProxyType(  # layout -> decoders that it has a place for
    {
        'mmseg': dict(fpn=PLAIN, head=FPN_HEAD),
        'mmdet': dict(fpn=PLAIN, dense=DENSE),
        'mmpretrain': {},
        'timm': {},
        'torchvision': {},
        'torchvision.detection': dict(fpn=PLAIN),
        'torchvision.segmentation': dict(head=FCN_HEAD),
        'detectron2': dict(fpn=PLAIN),
        'smp': dict(head=SMP_FPN),
    }
)


def named(part: str) -> set[str]:
    """Names of the heads or objectives in the table of bases."""
    return {branch[part]['type'].partition('.')[2] for branch in all_objectives.KINDS.values()}


def wrapped() -> dict[str, set[str]]:
    """Adapter -> places where the catalogue of decoders has it."""
    entries = [entry for catalogue in table.TABLES.values() for entry in catalogue.values()]
    configs = [config for entry in entries for config in entry.decoder.values()]
    return {config['type'].partition('.')[2]: {*config} for config in configs}


def test_every_class_has_an_entry_in_its_table() -> None:
    assert HEADS and HEADS.keys() == named('head')
    assert OBJECTIVES and OBJECTIVES.keys() == named('objective')
    assert DECODERS and DECODERS.keys() == {*wrapped(), 'SMPDecoder'}  # whose catalogue is tests/export/test_smp.py
    assert KINDS and KINDS.keys() == LAYOUT_DECODERS.keys()


@pytest.mark.parametrize('kind', [*HEADS.values(), *OBJECTIVES.values(), *DECODERS.values(), *KINDS.values()])
def test_nothing_abstract_is_left(kind: type) -> None:
    assert not inspect.isabstract(kind)


@pytest.mark.parametrize('base', [Head, Objective, Decoder, Layout])
def test_a_class_that_lacks_a_method_cannot_be_built(base: type) -> None:
    with pytest.raises(TypeError, match='abstract'):
        type('Incomplete', (base,), {})()


@pytest.mark.parametrize('base', all_objectives.KINDS)
def test_an_objective_takes_what_its_head_states(base: str) -> None:
    branch = all_objectives.KINDS[base]
    head = MODELS.build(
        branch['head'],
        default_args=dict(
            in_channels=16, **(dict(stride=4) if MODELS.get(branch['head']['type']).needs_stride else {})
        ),
    )
    arguments = inspect.signature(MODELS.get(branch['objective']['type'])).parameters
    assert head.spec and head.spec.keys() <= arguments.keys()


@pytest.mark.parametrize('base', all_objectives.KINDS)
def test_terms_and_figures_are_scalars_by_name(base: str) -> None:
    model = all_objectives.build(base)
    outputs = model.loss(all_objectives.views())
    own = {name: value for name, value in outputs.items() if name.startswith('enc/')}
    assert 'enc/std' in own and len(own) > 1 and all(value.dim() == 0 for value in outputs.values())


def test_heads_see_what_the_contract_says() -> None:
    for kind in HEADS.values():
        assert list(inspect.signature(kind.forward).parameters) == ['self', 'feature', 'view']
    for kind in OBJECTIVES.values():
        assert list(inspect.signature(kind.forward).parameters) == ['self', 'q', 'k', 'own', 'q_view', 'k_view']


@pytest.mark.parametrize('name', DECODERS)
def test_a_decoder_keeps_its_tensors_in_its_module_and_makes_its_levels(name: str) -> None:
    decoders = dict(
        NeckDecoder=dict(fpn=PLAIN),
        SegHeadDecoder=dict(fpn=PLAIN, head=FPN_HEAD),
        DenseHeadDecoder=dict(fpn=PLAIN, dense=DENSE),
        SMPDecoder=dict(head=SMP_FPN),
    )
    if 'dense' in decoders[name] and find_spec('mmdet') is None:
        pytest.skip('mmdet is not installed')
    if decoders[name].get('head') == SMP_FPN:
        pytest.importorskip('segmentation_models_pytorch')
    network = MODELS.build(tiny.network(decoders[name]))
    decoder = list(network.decoder.values())[-1]
    assert type(decoder) is DECODERS[name] and decoder.place in PLACES
    assert all(key.startswith(f'{decoder.place}.') for key in decoder.state_dict())
    assert bool(decoder.classifiers) == (decoder.place != NECK and name != 'SMPDecoder')  # whose classifier is outside
    maps = network.encode(torch.zeros(1, 3, 64, 64))
    assert DECODERS[name].reads(dict(inputs='c5', previous='x')) == {'c5', 'x'}
    for one in network.decoder.values():
        made = one(maps)
        assert list(made) == one.names and [level.name for level in one.read] == one.inputs
        maps.update(made)


def test_a_decoder_that_is_none_or_makes_other_levels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"decoder.fpn has the type 'mmseg.FPN', which is no decoder: give a neck to"):
        MODELS.build(tiny.network(dict(fpn=PLAIN['neck'])))
    forward = DECODERS['NeckDecoder'].forward
    renamed = {'x': 'p2'}
    monkeypatch.setattr(
        DECODERS['NeckDecoder'], 'forward', lambda self, maps: dict(x=forward(self, maps)[renamed['x']])
    )
    with pytest.raises(ValueError, match=r"says that it makes levels \['p2', .*\], but makes \['x'\]"):
        MODELS.build(tiny.network(dict(fpn=PLAIN)))


def source_of(folder, decoders: dict[str, Any]) -> Source:
    """A small pre-trained network."""
    level = ['out'] if 'head' in decoders else ['cls2'] if 'dense' in decoders else ['p2'] if decoders else []
    return read_source(save(folder / 'decon.pth', architectures.network('ResNet', decoders), 'c5', *level))


@pytest.mark.parametrize('name', LAYOUT_DECODERS)
def test_a_layout_takes_what_it_has_a_place_for(tmp_path, name: str) -> None:
    architectures.need_library(name)
    layout, source = get_layout(name), source_of(tmp_path, LAYOUT_DECODERS[name])
    made: Export = convert(source, name, PARTS[bool(LAYOUT_DECODERS[name])])
    assert {layout.part(key) for key in made.state} == {*layout.places.values()}
    found = verify(source, made)
    assert {*source.network.level_names} <= {*found.equal} and len(found.equal) > 3


def test_a_layout_that_is_not_registered() -> None:
    with pytest.raises(ValueError, match=r"layout is 'keras'; known: \[.*'detectron2', 'mmdet', .*--import MODULE"):
        get_layout('keras')
