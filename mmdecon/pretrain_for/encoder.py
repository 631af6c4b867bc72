"""The encoder of a downstream model, as pre-training builds it."""

from collections.abc import Mapping
from typing import Any

from mmengine.model import BaseModule
from torch import nn

from ..models.decoders.arguments import class_of, parameter
from ..models.encoders import channels_first, first_maps, is_channels_last, name_levels
from ..registry import build_foreign

TRAINS: Mapping[str, Any] = dict(frozen_stages=-1, norm_eval=False)
"""What keeps parts of a backbone from training while it is fine-tuned, and what lets all of it train."""
STARTS = ('init_cfg', 'pretrained')
SYNCED = ('BN', 'BN2d', 'SyncBN', 'MMSyncBN')


def encoder_config(backbone: Mapping[str, Any]) -> dict[str, Any]:
    """A backbone's config, without what it starts from, and with all of it training.

    Args:
        backbone: Its config downstream, the type with its scope.
    """
    kind = class_of(backbone)
    config = {key: value for key, value in backbone.items() if key not in (*STARTS, *TRAINS)}
    for name, value in TRAINS.items():
        known = parameter(kind, name)
        if known is not None and known.default != value:
            config[name] = value
    started = parameter(kind, 'pretrained')
    if started is not None and started.default is True:  # mmseg's wrapper of timm
        config['pretrained'] = False
    norm = parameter(kind, 'norm_cfg')
    if norm is not None and 'norm_cfg' not in config and _is_batch_norm(norm.default):
        config['norm_cfg'] = dict(type='BN')
    return short(synchronised(config))


def short(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config without the arguments that are the class's defaults.

    Args:
        config: Of any module, the type with its scope.
    """
    kind = class_of(config)

    def is_default(name: str) -> bool:
        known = parameter(kind, name)
        return name != 'type' and known is not None and _plain(known.default) == _plain(config[name])

    return {name: value for name, value in config.items() if not is_default(name)}


def synchronised(config: Any) -> Any:
    """A config whose batch norms, under ``norm_cfg``, count over all processes and train, on GPUs and CPUs.

    Args:
        config: Of any module.

    Examples:
        >>> synchronised(dict(norm_cfg=dict(type='BN', requires_grad=False, eps=0.001)))
        {'norm_cfg': {'type': 'mmdecon.SyncBN', 'eps': 0.001}}
    """
    if isinstance(config, Mapping):
        changed = {key: synchronised(value) for key, value in config.items()}
        if _is_batch_norm(changed.get('norm_cfg')):
            norm = {key: value for key, value in changed['norm_cfg'].items() if key != 'requires_grad'}
            changed['norm_cfg'] = {**norm, 'type': 'mmdecon.SyncBN'}
        return changed
    if isinstance(config, (list, tuple)):
        return type(config)(map(synchronised, config))
    return config


def probe_encoder(config: Mapping[str, Any]) -> tuple[nn.Module, list[str], list[str] | None, int]:
    """Builds an encoder and asks for its levels.

    Args:
        config: Of the encoder.

    Returns:
        The encoder; its levels' names; the names to give in a network's config, or None where the network finds them;
        and the side in pixels of the image that it was asked with.

    Raises:
        ValueError: If it takes no image, or gives anything but maps.
    """
    encoder: BaseModule = build_foreign({**config})
    side, maps = first_maps(encoder)
    maps = [channels_first(x, is_channels_last(x)) for x in maps]
    try:
        return encoder, name_levels(encoder, maps, side, None), None, side
    except ValueError:  # several of one stride, as the layers of a ViT: by their order
        names = [f'layer{i + 1}' for i in getattr(encoder, 'out_indices', range(len(maps)))]
        names = names if len(names) == len(maps) else [f'layer{i + 1}' for i in range(len(maps))]
        return encoder, name_levels(encoder, maps, side, names), names, side


def _plain(value: Any) -> Any:
    """A value in which lists and tuples are alike."""
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _is_batch_norm(config: Any) -> bool:
    return isinstance(config, Mapping) and config.get('type') in SYNCED
