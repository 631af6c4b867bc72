"""Networks of downstream models: backbone, neck and decode head of mmseg as encoder and decoders."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.config import ConfigDict
from torch import Tensor

from ..checkpoint import load_file
from ..models.encoders import blank_image
from ..models.levels import Level
from ..models.network import Network
from ..models.pretrained import misfits
from ..provenance import origin
from .starts import without_starts

PARTS = dict(backbone='encoder.', neck='decoder.neck.neck.', decode_head='decoder.head.decode_head.')
CLASSIFIER = 'decode_head.conv_seg.'


def network_of(model: Mapping[str, Any], scope: str) -> dict[str, Any]:
    """The network within a model of mmseg, mmdet or mmpretrain.

    Args:
        model: Its config, with ``backbone`` and perhaps ``neck`` and ``decode_head``.
        scope: Of types that name none.

    Returns:
        Config of a network with decoders ``neck`` and ``head``, the latter without its classifier.

    Raises:
        ValueError: If there is no backbone, or the head is a cascade.
    """
    if 'backbone' not in model:
        raise ValueError(f'a model of type {model.get("type")} has no backbone to probe: name a config that has one')
    encoder = _scoped(model['backbone'], scope)
    if model.get('pretrained'):
        encoder['init_cfg'] = dict(type='Pretrained', checkpoint=model['pretrained'])
    network: dict[str, Any] = dict(type='mmdecon.Network', encoder=encoder, decoder={})
    if model.get('neck'):
        network['decoder']['neck'] = dict(type='mmdecon.NeckDecoder', neck=_scoped(model['neck'], scope))
    head = model.get('decode_head')
    if isinstance(head, Sequence):
        raise ValueError('decode_head is a cascade of heads, which cannot be probed: give the config of a single head')
    if head:
        levels = Network(encoder, network['decoder']).levels
        side = 'decoder' if network['decoder'] else 'encoder'
        inputs = [name for name, level in levels.items() if level.side == side]
        config = dict(type='mmdecon.SegHeadDecoder', inputs=inputs, head=_scoped(head, scope))
        network['decoder']['head'] = config
    return network


def load_downstream(config: Mapping[str, Any], path: str) -> tuple[Network, dict[str, Level], dict[str, Any]]:
    """Builds such a network and loads an export, or a checkpoint of the model.

    Args:
        config: Of the network; decoders of which the file holds nothing are left out.
        path: The file.

    Returns:
        The network, in eval mode; the levels that the file's weights determine; the config of what was built.

    Raises:
        ValueError: If the file's tensors do not fit.
    """
    content = load_file(path)
    state = {new + name[len(old) + 1 :]: value for old, new in PARTS.items() for name, value in _of(content, old)}
    decoders = {
        name: part for name, part in config['decoder'].items() if any(k.startswith(f'decoder.{name}.') for k in state)
    }
    config = without_starts({**config, 'decoder': decoders})
    network = Network(config['encoder'], decoders)
    about = origin(content)
    untrained = {new + n[len(old) + 1 :] for old, new in PARTS.items() for n in _starting(about.get('untrained'), old)}
    wanted = {name: value for name, value in network.state_dict().items() if name not in untrained}
    problems = misfits(state, wanted)
    if problems:
        raise ValueError(
            f'{path} does not fit the config: {"; ".join(problems[:4])} ({len(problems)} in all): give by --config the '
            'config of the model that the file is for'
        )
    network.load_state_dict(state, strict=False)
    random = _fed_by(network, untrained)
    return network.eval(), {n: level for n, level in network.levels.items() if n not in random}, dict(config)


def _scoped(config: Mapping[str, Any], scope: str) -> dict[str, Any]:
    """A part's config, whose type names its library."""
    part = ConfigDict(config).to_dict() if isinstance(config, ConfigDict) else dict(config)
    return part if '.' in part['type'] or '_scope_' in part else {**part, '_scope_': scope}


def _of(content: Mapping[str, Any], part: str) -> list[tuple[str, Tensor]]:
    """A part's tensors, classifier left out."""
    state = content['state_dict']
    return [(name, state[name]) for name in _starting(state, part) if not name.startswith(CLASSIFIER)]


def _starting(names: Any, part: str) -> list[str]:
    return [name for name in names or () if name.startswith(f'{part}.')]


def _fed_by(network: Network, names: set[str]) -> set[str]:
    """Levels that some parameters feed."""
    parameters = [parameter for name, parameter in network.named_parameters() if name in names]
    if not parameters:
        return set()
    with torch.enable_grad():
        maps = network.eval()(blank_image(network, network.probe_size, network.in_channels))
        gradients = {
            name: torch.autograd.grad(x.sum(), parameters, retain_graph=True, allow_unused=True)
            for name, x in maps.items()
            if x.requires_grad
        }
    return {name for name, values in gradients.items() if any(value is not None for value in values)}
