"""Loads an export into the model that will use it, and compares what the two compute.

Letters: B images, C channels, H x W pixels.
"""

import inspect
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from ..models.decoders import SegHeadDecoder
from ..registry import MODELS, build_foreign
from .convert import Export, Source
from .fit import Fit, check_fit
from .layouts import LAYOUTS, Counterpart

TRAINING_ONLY = ('drop_path_rate',)  # arguments of mmpretrain's backbones that mmseg's and mmdet's lack
SIDE = 128  # pixels of the test image: four cells at stride 32


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes:
        fit: What the target will still initialise.
        equal: Levels whose maps are the same in both.
        incomparable: Levels whose maps have other sizes in the target, by its strides.
    """

    fit: Fit
    equal: List[str]
    incomparable: List[str]


def verify(source: Source, export: Export, target: Optional[str] = None, tolerance: float = 1e-5) -> Verification:
    """Loads an export into its target and compares features, in eval mode, on an image of noise.

    Args:
        source: Where the export came from.
        export: What is to be written.
        target: A downstream config file; by default the layout's own classes are built as the pre-training config has
            them.
        tolerance: Largest difference, relative to the largest value of a map.

    Raises:
        ValueError: If a tensor does not fit, a level differs, or no level can be compared.
    """
    model = revert_sync_batchnorm(build_target(source, export, target)).eval()
    fit = check_fit(export.state, model, export.untrained)
    model.load_state_dict(export.state, strict=False)
    image = torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours, theirs = source.network(image), target_maps(source, export, model, image)
    equal, incomparable = [], []
    for name, theirs_map in theirs.items():
        if ours[name].shape != theirs_map.shape:
            incomparable.append(name)
            continue
        difference = (ours[name] - theirs_map).abs().max() / ours[name].abs().max().clamp(min=1e-12)
        if difference > tolerance:
            raise ValueError(
                f'level {name} differs by {difference:.1e} of its largest value in the target, though every tensor was '
                'loaded: the two compute differently. Compare the options of the pre-training and the target config.'
            )
        equal.append(name)
    if not equal:
        raise ValueError(f'no level of the target can be compared: {incomparable} have other sizes there')
    return Verification(fit, equal, incomparable)


def build_target(source: Source, export: Export, config: Optional[str] = None) -> nn.Module:
    """Builds what the export will be loaded into, with weights of its own.

    Args:
        source: The pre-trained network.
        export: Tells layout and decoders.
        config: A downstream config file.

    Returns:
        The config's whole model, or the parts ``backbone``, ``neck`` and ``decode_head`` that the export fills.
    """
    if config is not None:
        cfg = Config.fromfile(config)
        init_default_scope(cfg.get('default_scope', export.layout))
        # a file named there is for training to load, and need not exist here
        return build_foreign({'_scope_': cfg.get('default_scope', export.layout), **_without_pretrained(cfg.model)})
    layout = LAYOUTS[export.layout]
    network = source.config['network']
    parts = dict(backbone=_build_backbone(layout.counterpart(network['encoder']['type']), network['encoder']))
    for name in export.decoders:
        decoder = source.network.decoder[name]
        if isinstance(decoder, SegHeadDecoder):
            fresh = MODELS.build(network['decoder'][name], default_args=dict(levels=source.network.levels))
            parts['decode_head'] = fresh.decode_head
        else:
            neck = dict(network['decoder'][name]['neck'])
            neck['type'] = layout.counterpart(neck['type']).type
            neck.update(dict(norm_cfg=None) if export.folded else {})
            channels = [source.network.levels[level].channels for level in decoder.inputs]
            parts['neck'] = build_foreign(neck, in_channels=channels, num_outs=len(channels))
    return nn.ModuleDict(parts)


def target_maps(source: Source, export: Export, model: nn.Module, image: Tensor) -> Dict[str, Tensor]:
    """Runs the parts of a model that an export fills.

    Args:
        source: Tells the levels' names.
        export: Tells the decoders.
        model: The target, in eval mode.
        image: (B, 3, H, W).

    Returns:
        Level -> map (B, C, h, w); of a decode head what enters its classifier.
    """
    part = model.get_submodule
    indices = getattr(part('backbone'), 'out_indices', None)
    names = [f'c{i + 2}' for i in indices] if indices else source.network.level_names
    maps = dict(zip(names, part('backbone')(image)))
    outputs = {name: x for name, x in maps.items() if name in source.network.levels}
    inputs = list(maps.values())
    for name in export.decoders:
        decoder = source.network.decoder[name]
        if isinstance(decoder, SegHeadDecoder):
            outputs[decoder.names[0]] = features_of(part('decode_head'), inputs)
        else:
            inputs = list(part('neck')(inputs))
            outputs.update(zip(decoder.names, inputs))
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


def _build_backbone(counterpart: Counterpart, encoder: Mapping[str, Any]) -> nn.Module:
    """Builds the library's class for an encoder; what only its training needs is left out where the class lacks it."""
    known = inspect.signature(MODELS.get(counterpart.type)).parameters
    kept = {k: v for k, v in encoder.items() if k in known or k not in (*TRAINING_ONLY, 'type', 'init_cfg')}
    kept.pop('init_cfg', None)
    return build_foreign({**counterpart.arguments, **kept, 'type': counterpart.type})


def _without_pretrained(model: Mapping[str, Any]) -> Dict[str, Any]:
    """A model's config without the files that training would start from."""
    backbone = {key: value for key, value in model['backbone'].items() if key != 'init_cfg'}
    return {**{key: value for key, value in model.items() if key != 'pretrained'}, 'backbone': backbone}
