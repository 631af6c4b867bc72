"""What an export is loaded into: a downstream config's model, or the library's own classes for the exported parts.

Shapes: B images, C channels, H x W pixels.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from mmengine.registry import init_default_scope
from torch import Tensor, nn

from ..compat import require
from ..models.decoders import NeckDecoder, SegHeadDecoder
from ..models.decoders.arguments import complete_head, complete_neck
from ..models.decoders.seg_head import ClassifierReached
from ..registry import MODELS, build_foreign
from .convert import Export
from .layouts import LAYOUTS, full_type
from .source import Source, read_config, refusing

TRAINING_ONLY = ('drop_path_rate',)  # arguments of mmpretrain's backbones that mmseg's and mmdet's lack


def build_target(source: Source, export: Export, config: str | None = None) -> nn.Module:
    """Builds what the export will be loaded into, with weights of its own.

    Args:
        source: The pre-trained network.
        export: Tells layout and decoders.
        config: A downstream config file.

    Returns:
        The config's whole model, or the parts ``backbone``, ``neck`` and ``decode_head`` that the export fills.

    Raises:
        ValueError: If the config cannot be read or its model not be built.
    """
    require(export.layout)
    if config is None:
        with refusing(f'{export.layout} classes with the options of {source.path}', 'built'):
            return _build_parts(source, export)
    cfg = read_config(config)
    scope = cfg.get('default_scope', export.layout)
    init_default_scope(scope)
    if 'backbone' not in cfg.model:
        raise ValueError(f'the model of {config} has no backbone to load into: name a config of {export.layout}')
    with refusing(f'the model of {config}', 'built'):
        return build_foreign({'_scope_': scope, **_without_pretrained(cfg.model)})


def target_maps(source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
    """Runs the parts of a model that an export fills.

    Args:
        source: Tells the levels' names.
        export: Tells the decoders.
        model: The target, in eval mode.
        image: (B, 3, H, W).

    Returns:
        Level -> map (B, C, h, w), of those that were pre-trained; of a decode head what enters its classifier.
    """
    part = model.get_submodule
    names = _encoder_levels(source, part('backbone'))
    maps: list[Any] = list(part('backbone')(image))
    outputs = {name: _bare(x) for name, x in zip(names, maps) if name is not None}
    for name, place in export.places.items():
        decoder = source.network.decoder[name]
        if isinstance(decoder, SegHeadDecoder):
            outputs.update(_head_map(decoder, part(place), maps, outputs))
        else:
            maps = list(part(place)(maps))
            outputs.update(zip(decoder.names, maps))
    return {name: x for name, x in outputs.items() if name in source.network.trained_levels}


def _bare(x: Any) -> Tensor:
    """A map that a backbone may give together with a class token."""
    return x[0] if isinstance(x, (list, tuple)) else x


def _head_map(
    decoder: SegHeadDecoder, head: nn.Module, maps: list[Any], levels: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Level -> what enters the classifier of a head of mmseg that is given all maps, (B, C, h, w).

    Args:
        decoder: That the head was pre-trained as.
        head: Of mmseg.
        maps: What it is given.
        levels: The target's levels so far.
    """

    def stop(classifier: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        raise ClassifierReached(inputs[0])

    given = [levels[decoder.inputs[0]]] if decoder.form == 'map' else maps
    hook = head.get_submodule(decoder.classifier).register_forward_pre_hook(stop)
    try:
        return {
            decoder.names[0]: decoder.run(head, given, None if decoder.previous is None else levels[decoder.previous])
        }
    finally:
        hook.remove()


def _encoder_levels(source: Source, backbone: nn.Module) -> list[str | None]:
    """The level that each map of a target's backbone is, or None where pre-training had none there."""
    names, ours = source.network.level_names, getattr(source.network.encoder, 'out_indices', None)
    theirs = getattr(backbone, 'out_indices', None)
    if ours is None or theirs is None:
        return list(names)
    return [dict(zip(ours, names)).get(index) for index in theirs]


def _build_parts(source: Source, export: Export) -> nn.ModuleDict:
    """The library's own classes for the exported parts, as the pre-training config has them."""
    network = source.config['network']
    parts, given = nn.ModuleDict(), source.network.level_names
    built: dict[str, list[nn.Module]] = {}
    read = given
    for name, place in export.places.items():
        decoder, config = source.network.decoder[name], network['decoder'][name]
        levels = [source.network.levels[level] for level in decoder.inputs]
        if isinstance(decoder, SegHeadDecoder):
            positions = [given.index(level) for level in decoder.inputs]
            module = build_foreign(
                complete_head(config['head'], levels, decoder.is_single, decoder.classifier, positions)
            )
        else:
            module = _build_neck(export, config['neck'], decoder, [level.channels for level in levels])
            read, given = (decoder.inputs if given is source.network.level_names else read), decoder.names
        built.setdefault(place.partition('.')[0], []).append(module)
    for part, modules in built.items():
        parts[part] = modules[0] if len(modules) == 1 else nn.ModuleList(modules)
    parts['backbone'] = _build_backbone(source, export, read)
    return parts


def _build_neck(export: Export, config: Mapping[str, Any], decoder: NeckDecoder, channels: list[int]) -> nn.Module:
    """Builds the library's class for a neck, without norms if they were folded."""
    neck = dict(config, type=LAYOUTS[export.layout].counterpart(full_type(config)).type)
    if export.folded:
        neck['norm_cfg'] = None
    return build_foreign(complete_neck(neck, channels, decoder.is_single))


def _build_backbone(source: Source, export: Export, read: list[str]) -> nn.Module:
    """Builds the library's class for an encoder; what only its training needs is left out where the class lacks it.

    Args:
        source: The pre-trained network.
        export: Tells the layout.
        read: Levels that what follows it takes, all of what it gives.
    """
    encoder, names = source.config['network']['encoder'], source.network.level_names
    counterpart = LAYOUTS[export.layout].counterpart(full_type(encoder))
    known = inspect.signature(MODELS.get(counterpart.type)).parameters
    dropped = {'_scope_', 'init_cfg', *(name for name in TRAINING_ONLY if name not in known)}
    kept = {**counterpart.arguments, **encoder, 'type': counterpart.type}
    kept = {name: value for name, value in kept.items() if name not in dropped}
    if read != names:  # necks take all that a backbone gives
        kept['out_indices'] = [source.network.encoder.out_indices[names.index(level)] for level in read]
    return build_foreign(kept)


def _without_pretrained(model: Mapping[str, Any]) -> dict[str, Any]:
    """A model's config without the files that training would start from, which need not exist here."""
    backbone = {key: value for key, value in model['backbone'].items() if key != 'init_cfg'}
    return {**{key: value for key, value in model.items() if key != 'pretrained'}, 'backbone': backbone}
