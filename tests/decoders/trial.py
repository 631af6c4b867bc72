"""One decoder tried from end to end: pre-trained, exported, loaded into the library's own model, compared."""

from dataclasses import dataclass
from typing import Any

import torch
from mmengine.config import ConfigDict
from torch import Tensor, nn

from mmdecon.export import Source, convert, verify
from mmdecon.export.verify import drawing_the_same
from mmdecon.models import DeCon
from mmdecon.models.decoders import DECODE_HEAD, DENSE_HEAD, NECK, Decoder
from mmdecon.models.decoders.arguments import complete_dense_head, complete_head, complete_neck
from mmdecon.registry import MODELS, build_foreign
from tests.support import tiny

from ..export.conftest import scatter
from .catalogue import ALL, VIT, Entry

LEVEL_HEADS = dict(
    mmseg=dict(decode_head=dict(type='mmseg.FCNHead', in_channels=8, channels=8, num_classes=5)),
    mmdet=dict(bbox_head=dict(type='mmdet.FCOSHead', in_channels=8, feat_channels=8, num_classes=5, norm_cfg=None)),
)


@dataclass(frozen=True)
class Result:
    """What the table tells of a decoder.

    Attributes:
        levels: The levels that it makes, with channels and strides.
        new: What stays new downstream of its part: modules of the head or neck.
    """

    levels: str
    new: str


def try_out(entry: Entry, library: str = 'mmseg') -> Result:
    """Pre-trains, exports, loads and compares.

    Args:
        entry: Of the catalogue.
        library: Whose model is loaded into.
    """
    model = build(entry)
    pretrain(model, entry)
    source = Source(model.network.teacher.eval(), dict(network=config(entry)), 'teacher', {}, 'memory')
    made = convert(source, library)
    assert set(list(source.network.decoder.values())[-1].names) <= set(verify(source, made).equal)
    theirs = build_foreign(downstream(entry, source, library)).eval()
    missing, unexpected = theirs.load_state_dict(made.state, strict=False)
    new = [name for name in missing if name.startswith(tuple(made.places.values()))]
    assert unexpected == [] and all(name.startswith(tuple(made.classifiers)) or name in made.untrained for name in new)
    compare(entry, source, theirs)
    decoder = list(source.network.decoder.values())[-1]
    levels = [source.network.levels[name] for name in decoder.names]
    place = list(made.places.values())[-1]
    inside = [name[len(place) + 1 :] for name in new if name.startswith(place)]
    parts = sorted({_part(name, decoder) for name in inside})
    return Result(', '.join(f'{v.name} ({v.channels}, /{v.stride})' for v in levels), ', '.join(parts))


def _part(name: str, decoder: Decoder) -> str:
    """What a new tensor belongs to: a classifier, or a module of the head or neck."""
    of = next((path for path in decoder.classifiers if name.startswith(f'{path}.')), name.split('.')[0])
    return of if decoder.place == DECODE_HEAD else of.split('.')[0]


def config(entry: Entry) -> dict[str, Any]:
    """The network's."""
    names = dict(level_names=ALL) if entry.encoder == VIT else {}  # all at one stride
    return tiny.network(entry.decoder, encoder=entry.encoder, probe_size=entry.size, **names)


def build(entry: Entry) -> DeCon:
    """A DeCon with branches at the encoder's last level and at all of the last decoder's, no tensor as initialised."""
    network = config(entry)
    levels = list(MODELS.build(network).decoder.values())[-1].names
    model = tiny.build({level: level for level in ('c5', *levels)}, network=network, momentum=dict(start=0.5))
    torch.manual_seed(1)
    state = {name: scatter(name, value) for name, value in model.network.student.state_dict().items()}
    model.network.student.load_state_dict(state)
    model.network.teacher.load_state_dict(state)
    return model


def pretrain(model: DeCon, entry: Entry) -> None:
    """Two steps: what is trained gets gradients, what is frozen none, the teacher follows where the student went."""
    student, teacher, size = model.network.student, model.network.teacher, float(entry.size)
    before = {name: p.clone() for name, p in teacher.named_parameters()}
    trained = {name: p for name, p in student.named_parameters() if p.requires_grad}
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    boxes = [[0.0, 0.0, size, size], [size / 4, 0.0, 1.25 * size, size]]
    stepped: dict[str, Tensor] = {}
    for _ in range(2):
        loss = tiny.total(model(tiny.views(boxes, batch=2, size=entry.size)))
        assert loss.isfinite()
        optimiser.zero_grad()
        loss.backward()
        assert [name for name, p in trained.items() if p.grad is None or not p.grad.isfinite().all()] == []
        optimiser.step()
        stepped = stepped or {name: p.detach().clone() for name, p in trained.items()}
    assert [name for name, p in student.named_parameters() if name not in trained and p.grad is not None] == []
    moved = [name for name, p in stepped.items() if (p - before[name]).abs().max() > 1e-5]
    assert [name for name in moved if torch.equal(teacher.get_parameter(name), before[name])] == []
    assert any(name.startswith('decoder') for name in moved)


def downstream(entry: Entry, source: Source, library: str) -> dict[str, Any]:
    """Config of the library's own model, as its users write it, with 5 classes."""
    network, given, necks, heads, dense = source.network, source.network.level_names, [], [], {}
    encoder = dict(entry.encoder, **entry.target)
    for name, decoder in network.decoder.items():
        options = source.config['network']['decoder'][name]
        read = [network.levels[level] for level in decoder.inputs]
        if decoder.place == NECK:
            if not necks:
                encoder['out_indices'] = [encoder['out_indices'][given.index(level)] for level in decoder.inputs]
            necks.append(complete_neck(options['neck'], [level.channels for level in read], decoder.is_single))
            given = decoder.names
        elif decoder.place == DENSE_HEAD:
            encoder['out_indices'] = encoder['out_indices'] if necks else [given.index(x) for x in decoder.inputs]
            counted = options['head']['type'] != 'mmdet.RPNHead'
            place = convert(source, library).places[name]
            classes = dict(options['head'], **(dict(num_classes=5) if counted else {}))
            dense = {'type': entry.model, place: complete_dense_head(classes, read)}
        else:
            positions = [given.index(level) for level in decoder.inputs]
            classes = with_classes(options['head'], decoder.classifier)
            heads.append(complete_head(classes, read, decoder.is_single, decoder.classifier, positions))
    if encoder['type'] == 'mmpretrain.ResNet':
        encoder.update(type=f'{library}.ResNet', stem_channels=64)
    parts = dict(backbone=encoder, **(dict(neck=necks if len(necks) > 1 else necks[0]) if necks else {}))
    if library == 'mmdet':
        own = dense or dict(type='mmdet.SingleStageDetector', **LEVEL_HEADS['mmdet'])
        return dict(test_cfg=ConfigDict(rpn=dict()), **parts, **own)
    parts.update(dict(decode_head=heads if len(heads) > 1 else heads[0]) if heads else LEVEL_HEADS['mmseg'])
    stages = dict(num_stages=len(heads)) if len(heads) > 1 else {}
    return dict(type=entry.model, test_cfg=dict(mode='whole'), **stages, **parts)


def with_classes(head: dict[str, Any], classifier: str) -> dict[str, Any]:
    """A head's config for 5 classes, where it counts any."""
    owner = classifier.rpartition('.')[0]
    if owner == 'kernel_generate_head':
        return {**head, owner: dict(head[owner], num_classes=5)}
    return head if head['type'] == 'mmseg.VPDDepthHead' else dict(head, num_classes=5)


def compare(entry: Entry, source: Source, theirs: nn.Module) -> None:
    """What enters the classifier there, or leaves the neck, is the level here."""
    size = max(entry.size, 128)
    image = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(3))
    decoder = list(source.network.decoder.values())[-1]
    with torch.no_grad():
        with drawing_the_same():
            ours = source.network(image)
        with drawing_the_same():
            maps = theirs.extract_feat(image)
            if decoder.place == DENSE_HEAD:
                return compare_towers(theirs, decoder, maps, ours)
            found = maps if decoder.place == NECK else [entering(theirs, decoder, image, maps)]
    assert len(found) == len(decoder.names)
    for name, x in zip(decoder.names, found):
        torch.testing.assert_close(x, ours[name], rtol=1e-4, atol=1e-5 * float(ours[name].abs().max()))


def entering(theirs: nn.Module, decoder: Decoder, image: Tensor, maps: tuple[Tensor, ...]) -> Tensor:
    """What enters the classifier of a segmenter's last head."""
    head = theirs.decode_head[-1] if decoder.previous else theirs.decode_head
    seen: list[Tensor] = []
    head.get_submodule(decoder.classifier).register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    if decoder.form == 'map':  # the backbone that such a head belongs to gives one map
        head(maps[-1])
    elif decoder.previous:
        scores: list[Tensor] = []
        first = theirs.decode_head[0]
        first.conv_seg.register_forward_pre_hook(lambda module, inputs: scores.append(inputs[0]))
        first(maps)
        head(maps, scores[0])
    elif hasattr(head, 'query_embed'):
        head.predict(maps, [dict(img_shape=tuple(image.shape[2:])) for _ in image], None)
    else:
        theirs(image, mode='tensor')
    return seen[0]


def compare_towers(theirs: nn.Module, decoder: Decoder, maps: tuple[Tensor, ...], ours: dict[str, Tensor]) -> None:
    """What enters the predictors of a detector's head are the levels here."""
    (head,) = (part for name, part in theirs.named_children() if name in ('bbox_head', 'rpn_head', 'mask_head'))
    seen: dict[int, Tensor] = {}

    def see(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen[id(given[0])] = given[0]

    for path in decoder.classifiers:
        head.get_submodule(path).register_forward_pre_hook(see)
    head(maps)
    found = [x for x in seen.values() if not any(x is y for y in maps)]
    same = [[name for name in decoder.names if equal(x, ours[name])] for x in found]
    assert len(found) == len(decoder.names) and all(same)
    assert {name for names in same for name in names} == {*decoder.names}


def equal(x: Tensor, y: Tensor) -> bool:
    """Whether two maps are the same, but for rounding."""
    return x.shape == y.shape and torch.allclose(x, y, rtol=1e-4, atol=1e-5 * float(y.abs().max()))
