"""How a neck or a head of a downstream model may be run as a decoder, the likeliest way first."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from types import MappingProxyType
from typing import Any

from ..models.decoders.arguments import class_of, complete_head, complete_neck, parameter
from ..models.decoders.seg_head import FORMS
from .encoder import short, synchronised
from .found import Found

TRAINING_ONLY = ('num_classes', 'out_channels', 'threshold', 'loss_decode', 'ignore_index', 'sampler', 'init_cfg')
"""Arguments of mmseg's heads that only their classifiers and losses need."""
CLASSIFIERS = ('conv_seg', 'kernel_generate_head.conv_seg', 'pixel_decoder.mask_feature', 'depth_pred_layer')
"""Where heads keep their classifiers."""
COUNTS = ('num_outs', 'num_levels', 'num_scales')
PREFIXES = 'pqrstu'
DEFAULTS = MappingProxyType(dict(level='out', classifier='conv_seg', form='list', previous=None))


def neck_candidates(neck: Mapping[str, Any], found: Found, prefix: str) -> Iterator[dict[str, Any]]:
    """A neck reads all that it is given, or the last level; its levels have names by stride, or by their order."""
    config = short(synchronised({key: value for key, value in neck.items() if key != 'init_cfg'}))
    config = {**config, **_counts(neck)}
    asked = {key: value for key, value in config.items() if key != 'in_channels'}
    encoder = [name for name, level in found.levels.items() if level.side == 'encoder']
    widths = config.get('out_channels')
    count = config.get('num_outs') or len(widths if isinstance(widths, (list, tuple)) else found.given)
    ordered = [f'{prefix}{i + 1}' for i in range(count)]
    for names, inputs, tried in product(
        ({}, dict(names=ordered)), (list(found.given), found.given[-1]), (asked, config)
    ):
        options: dict[str, Any] = {} if prefix == 'p' else dict(prefix=prefix)
        options.update(names, **({} if inputs == encoder else dict(inputs=inputs)))
        yield dict(type='mmdecon.NeckDecoder', neck=_shortest_neck(tried, found, inputs), **options)


def dense_candidates(head: Mapping[str, Any], found: Found) -> Iterator[dict[str, Any]]:
    """A dense head reads all levels, or the only one; without what losses and classes need, or with it."""
    whole = synchronised({key: value for key, value in head.items() if key != 'init_cfg'})
    dropped = ('in_channels', 'num_classes', 'strides', 'train_cfg', 'test_cfg')
    asked = short({k: v for k, v in whole.items() if k not in dropped and not k.startswith('loss')})
    ways = [list(found.given), *(found.given if len(found.given) == 1 else ())]
    for config, inputs in product((asked, whole), ways):
        yield dict(type='mmdecon.DenseHeadDecoder', head=config, inputs=inputs)


def _counts(neck: Mapping[str, Any]) -> dict[str, Any]:
    """How many levels a neck makes or reads, also where its class says so: the decoder would count those it reads."""
    known = {name: parameter(class_of(neck), name) for name in COUNTS}
    given = {name: neck.get(name, one.default) for name, one in known.items() if one is not None}
    return {name: value for name, value in given.items() if isinstance(value, int)}


def _shortest_neck(neck: Mapping[str, Any], found: Found, inputs: Sequence[str] | str) -> dict[str, Any]:
    """A neck's config without the arguments that would be filled in as they are."""
    read = [inputs] if isinstance(inputs, str) else inputs
    channels = [found.levels[name].channels for name in read]
    for name in COUNTS:
        rest = {key: value for key, value in neck.items() if key != name}
        with suppress(ValueError):  # one number of channels for levels that differ: it does not run either
            if name in neck and complete_neck(rest, channels, isinstance(inputs, str)).get(name) == neck[name]:
                neck = rest
    return {**neck}


def head_candidates(
    head: Mapping[str, Any], found: Found, level: str, previous: str | None
) -> Iterator[dict[str, Any]]:
    """A head in each way in which heads take their maps, and with each place that heads have for classifiers."""
    for inputs, config in _ways(head, found):
        shortest = _shortest_head(config, found, inputs)
        for classifier, form in product(CLASSIFIERS, FORMS):
            options = dict(level=level, classifier=classifier, form=form, previous=previous)
            given = {key: value for key, value in options.items() if value != DEFAULTS[key]}
            yield dict(type='mmdecon.SegHeadDecoder', head=shortest, inputs=inputs, **given)


def _ways(head: Mapping[str, Any], found: Found) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Levels that a head may read, and its config for each: those of its ``in_index``; all, with that index; all."""
    kind = class_of(head)
    chosen = head.get('in_index', getattr(parameter(kind, 'in_index'), 'default', None))
    dropped = (*TRAINING_ONLY, 'in_channels', 'c1_in_channels', 'in_index')
    config = short(synchronised({key: value for key, value in head.items() if key not in dropped}))
    if isinstance(chosen, int) and parameter(kind, 'c1_in_channels') is None:
        yield found.given[chosen], config
    elif isinstance(chosen, (list, tuple)):
        yield [found.given[i] for i in chosen], config
    index = {} if chosen is None else dict(in_index=chosen)
    yield list(found.given), {**config, **index}
    whole: dict[str, Any] = synchronised({key: value for key, value in head.items() if key != 'init_cfg'})
    yield list(found.given), whole  # heads of heads: the inner one has the index, and numbers of its own


def _shortest_head(head: Mapping[str, Any], found: Found, inputs: Sequence[str] | str) -> dict[str, Any]:
    """A head's config without the strides that would be filled in as they are."""
    if 'feature_strides' not in head:
        return {**head}
    read = [found.levels[name] for name in ([inputs] if isinstance(inputs, str) else inputs)]
    rest = {key: value for key, value in head.items() if key != 'feature_strides'}
    with suppress(ValueError):  # an index that is none: it does not run either
        if list(complete_head(rest, read, isinstance(inputs, str))['feature_strides']) == list(head['feature_strides']):
            return rest
    return {**head}
