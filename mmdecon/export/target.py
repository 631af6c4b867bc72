"""What an export is loaded into: a downstream config's model, or the library's own classes for the exported parts.

Letters: B images, C channels, H x W pixels.
"""

import inspect
from typing import Any, Dict, List, Mapping, Optional

from mmengine.registry import init_default_scope
from torch import Tensor, nn

from ..compat import require
from ..models.decoders import SegHeadDecoder
from ..registry import MODELS, build_foreign
from .convert import Export
from .layouts import LAYOUTS, full_type
from .source import Source, read_config, refusing

TRAINING_ONLY = ('drop_path_rate',)  # arguments of mmpretrain's backbones that mmseg's and mmdet's lack


def build_target(source: Source, export: Export, config: Optional[str] = None) -> nn.Module:
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


def target_maps(source: Source, export: Export, model: nn.Module, image: Tensor) -> Dict[str, Tensor]:
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
    maps: List[Tensor] = list(part('backbone')(image))
    outputs = {name: x for name, x in zip(names, maps) if name is not None}
    if export.decoders and getattr(model, 'neck', None) is not None:
        maps = list(part('neck')(maps))
    for name in export.decoders:
        decoder = source.network.decoder[name]
        if isinstance(decoder, SegHeadDecoder):
            outputs[decoder.names[0]] = features_of(part('decode_head'), maps)
        else:
            outputs.update(zip(decoder.names, maps))
    return {name: x for name, x in outputs.items() if name in source.network.trained_levels}


def features_of(head: nn.Module, maps: List[Tensor]) -> Tensor:
    """Runs a decode head up to its classifier.

    Args:
        head: Of mmseg.
        maps: Its inputs, each (B, C, h, w).
    """
    head.cls_seg = lambda x: x  # shadows the method for this call
    try:
        return head(maps)
    finally:
        del head.cls_seg


def _encoder_levels(source: Source, backbone: nn.Module) -> List[Optional[str]]:
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
    read = given
    for name in export.decoders:
        decoder, config = source.network.decoder[name], network['decoder'][name]
        if isinstance(decoder, SegHeadDecoder):
            indices = [given.index(level) for level in decoder.inputs]
            chosen = dict(config['head'], in_index=indices[0] if isinstance(config['inputs'], str) else indices)
            fresh = MODELS.build(dict(config, head=chosen), default_args=dict(levels=source.network.levels))
            parts['decode_head'] = fresh.decode_head
        else:
            parts['neck'] = _build_neck(source, export, name)
            read, given = decoder.inputs, decoder.names
    parts['backbone'] = _build_backbone(source, export, read)
    return parts


def _build_neck(source: Source, export: Export, name: str) -> nn.Module:
    """Builds the library's class for a neck, without norms if they were folded."""
    neck = dict(source.config['network']['decoder'][name]['neck'])
    neck['type'] = LAYOUTS[export.layout].counterpart(full_type(neck)).type
    if export.folded:
        neck['norm_cfg'] = None
    channels = [source.network.levels[level].channels for level in source.network.decoder[name].inputs]
    return build_foreign(neck, in_channels=channels, num_outs=len(channels))


def _build_backbone(source: Source, export: Export, read: List[str]) -> nn.Module:
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


def _without_pretrained(model: Mapping[str, Any]) -> Dict[str, Any]:
    """A model's config without the files that training would start from, which need not exist here."""
    backbone = {key: value for key, value in model['backbone'].items() if key != 'init_cfg'}
    return {**{key: value for key, value in model.items() if key != 'pretrained'}, 'backbone': backbone}
