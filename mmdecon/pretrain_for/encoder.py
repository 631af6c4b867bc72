"""The encoder of a downstream model, as pre-training builds it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..models.decoders.arguments import class_of, parameter
from ..models.encoders import NoMaps, channels_first, first_maps, is_channels_last, name_levels
from ..models.levels import Level
from ..registry import build_foreign

SWITCHED: Mapping[str, Any] = dict(norm_eval=False, with_cp=False)
"""Options of backbones for fine-tuning -> their values in pre-training: norms train, nothing is recomputed."""
LEFT_OUT = ('init_cfg', 'pretrained', 'frozen_stages')
MAPS: Sequence[Mapping[str, Any]] = (dict(out_type='featmap'), dict(output_cls_token=False))
"""What has a ViT return maps alone, where its class takes it."""
SYNCED = ('BN', 'BN2d', 'SyncBN', 'MMSyncBN')


class Probed(NamedTuple):
    """What an encoder told.

    Attributes:
        config: Of the encoder, with what makes it give maps.
        maps: Level -> map of a blank image.
        levels: Level by name.
        given: Names to give in a network's config, or None where the network finds them.
        side: Of the image, in pixels.
        fixed: Side of the only images that it takes, or None where it takes others.
    """

    config: dict[str, Any]
    maps: dict[str, Tensor]
    levels: dict[str, Level]
    given: list[str] | None
    side: int
    fixed: int | None


def encoder_config(backbone: Mapping[str, Any]) -> dict[str, Any]:
    """A backbone's config, without what it starts from, and with all of it training.

    Args:
        backbone: Its config downstream, the type with its scope.
    """
    kind = class_of(backbone)
    config = {key: value for key, value in backbone.items() if key not in (*LEFT_OUT, *SWITCHED)}
    for name, value in SWITCHED.items():
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


def probe_encoder(config: Mapping[str, Any], side: int | None = None) -> Probed:
    """Builds an encoder and asks for its levels.

    Args:
        config: Of the encoder.
        side: Of the image to try, in pixels; by default the least that it takes.

    Raises:
        ValueError: If it takes no image, or gives anything but maps, whatever it is told.
    """
    kind, refusal = class_of(config), None
    for options in ({}, *MAPS):
        if any(parameter(kind, name) is None for name in options):
            continue
        try:
            encoder = build_foreign({**config, **options})
            return _probe(encoder, {**config, **options}, side)
        except NoMaps as error:
            refusal = refusal or error
    raise refusal or NoMaps(f'{kind.__name__} gives no maps')


def _probe(encoder: nn.Module, config: dict[str, Any], side: int | None) -> Probed:
    fixed = None
    try:
        side, maps = first_maps(encoder, side)
    except NoMaps:
        raise
    except ValueError:  # position embeddings of one size, as BEiT's
        size = config.get('img_size')
        fixed = size[0] if isinstance(size, (list, tuple)) else size
        if not isinstance(fixed, int):
            raise
        side, maps = first_maps(encoder, fixed)
    maps = [channels_first(x, is_channels_last(x)) for x in maps]
    try:
        names, given = name_levels(encoder, maps, side, None), None
    except ValueError:  # several of one stride, as the layers of a ViT: by their order
        given = [f'layer{i + 1}' for i in getattr(encoder, 'out_indices', range(len(maps)))]
        given = given if len(given) == len(maps) else [f'layer{i + 1}' for i in range(len(maps))]
        names = name_levels(encoder, maps, side, given)
    levels = {n: Level(n, x.shape[1], max(1, round(side / x.shape[2])), 'encoder') for n, x in zip(names, maps)}
    return Probed(config, dict(zip(names, maps)), levels, given, side, fixed)


def _plain(value: Any) -> Any:
    """A value in which lists and tuples are alike."""
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _is_batch_norm(config: Any) -> bool:
    return isinstance(config, Mapping) and config.get('type') in SYNCED
