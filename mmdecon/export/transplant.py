"""Moves what fits, by what it is for, from pre-trained decoders into another decoder of a target."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from mmcv.cnn import ConvModule, fuse_conv_bn, is_norm
from mmengine.model import revert_sync_batchnorm
from torch import Tensor, nn

from ..models.decoders.arguments import full_type
from .convert import PARTS, choose_decoders, convert, untrained_among
from .layouts import Layout, get_layout
from .pieces import Export, Move
from .roles import ROLES, Role, roles_of
from .source import Source

PART = 'encoder, parts of decoders'
COUNTER = 'num_batches_tracked'  # of batch norms, which no result depends on
TOLERANCE = 1e-5  # of the largest value of a map


class Part(NamedTuple):
    """A module with a role.

    Attributes:
        path: Its place in the network or in the target.
        module: The module.
    """

    path: str
    module: nn.Module


def transplant(source: Source, layout: str, target: str, decoders: Sequence[str] | None = None) -> Export:
    """Makes an export of the encoder and of those parts of the decoders that have their like in a target's decoder.

    A part is moved where its role (:mod:`mmdecon.export.roles`), shapes and results are the same there; a batch norm
    that is missing there is folded. Everything else is left, and listed.

    Args:
        source: The pre-trained network.
        layout: A name in :data:`mmdecon.registry.LAYOUTS`.
        target: What the layout builds its model from, such as a downstream config file.
        decoders: Names of the decoders to take from; all by default.

    Raises:
        ValueError: If nothing is known of the roles on one side, two decoders have one role, or nothing fits.
    """
    export, chosen = convert(source, layout, PARTS[0]), choose_decoders(source, PARTS[1], decoders)
    kind = get_layout(layout)
    model = revert_sync_batchnorm(kind.build_target(source, export, target)).eval()
    ours, theirs = _ours(source, chosen), _theirs(target, kind, source, model)
    if not ours:
        raise ValueError(_unknown(f'the decoders {chosen} of {source.path}'))
    fits = {part: _fit(part, theirs.get(role), source) for role, part in ours.items()}
    moves, state = [], {}
    for role, part in ours.items():
        fit = fits[part]
        if not isinstance(fit, str):
            folded = fit.keys() != part.module.state_dict().keys()
            moves.append(Move(part.path, theirs[role].path, ' of '.join(role), folded))
            state.update({f'{theirs[role].path}.{name}': value for name, value in fit.items()})
    reasons = {part.path: f'{" of ".join(role)}: {fits[part]}' for role, part in ours.items()}
    if not moves:
        raise ValueError(
            f'nothing of the decoders of {source.path} fits those of {target}, such as '
            f'{"; ".join(f"{path} ({reason})" for path, reason in list(reasons.items())[:3])}: give the target the '
            'widths and norms of the pre-trained decoder, or export with --part encoder'
        )
    parts = {kind.part(name) for name in state}
    wanted = [name for name in model.state_dict() if kind.part(name) in parts and not name.endswith(COUNTER)]
    new = [name for name in wanted if name not in state]
    left = _left(source, chosen, moves, reasons)
    return replace(export, state={**export.state, **state}, part=PART, moves=moves, left=left, new=new)


def _ours(source: Source, decoders: Sequence[str]) -> dict[Role, Part]:
    """The roles of a network's decoders."""
    found: dict[Role, Part] = {}
    for name in decoders:
        decoder = source.network.decoder[name]
        given = decoder.inputs if set(decoder.inputs) <= set(source.network.level_names) else []
        for role, path in roles_of(decoder.library_type, decoder.part, given).items():
            part = Part(f'decoder.{name}.{decoder.place}.{path}', decoder.part.get_submodule(path))
            if role in found:
                raise ValueError(
                    f'{found[role].path} and {part.path} are both the {" of ".join(role)}: choose one with --decoder'
                )
            found[role] = part
    return found


def _theirs(target: str, layout: Layout, source: Source, model: nn.Module) -> dict[Role, Part]:
    """The roles of a target's decoders."""
    found: dict[Role, Part] = {}
    decoders = layout.decoders(source, model)
    for place, (module, given) in decoders.items():
        roles = roles_of(full_type(dict(type=type(module))), module, given)
        found.update({role: Part(f'{place}.{path}', module.get_submodule(path)) for role, path in roles.items()})
    if not found:
        raise ValueError(
            _unknown(f'the decoders {[type(module).__name__ for module, _ in decoders.values()]} of {target}')
        )
    return found


def _unknown(subject: str) -> str:
    """Says that nothing is known of some decoders."""
    return (
        f'--transplant does not know what the parts of {subject} are for; it knows {", ".join(sorted(ROLES))}: add the '
        'class to mmdecon/export/roles.py, or export with --part encoder'
    )


def _fit(ours: Part, theirs: Part | None, source: Source) -> dict[str, Tensor] | str:
    """The tensors that a part of the target takes, or why it takes none."""
    if theirs is None:
        return 'the target has none'
    if untrained_among((f'{ours.path}.{name}' for name in ours.module.state_dict()), source.network):
        return 'it was not pre-trained'
    if not isinstance(ours.module, ConvModule) or not isinstance(theirs.module, ConvModule):
        return f'{theirs.path} is no convolution with norm and activation'
    candidate, there = ours.module, theirs.module.state_dict()
    if any(map(is_norm, candidate.modules())) and not any(map(is_norm, theirs.module.modules())):
        candidate = fuse_conv_bn(copy.deepcopy(candidate))
    here = candidate.state_dict()
    unequal = [name for name in {**here, **there} if name not in here or name not in there]
    if unequal:
        return f'{unequal[0]} is {"not there" if unequal[0] in here else "not pre-trained"}'
    for name, value in here.items():
        if value.shape != there[name].shape:
            return f'{name} is {tuple(value.shape)} here and {tuple(there[name].shape)} there'
    filled = copy.deepcopy(theirs.module).eval()
    filled.load_state_dict(here)
    return (
        here
        if difference_of(ours.module, filled) <= TOLERANCE
        else 'it computes another thing there (stride, eps, ...)'
    )


def difference_of(ours: nn.Module, theirs: nn.Module) -> float:
    """Difference of what two convolutions compute of the same noise, before their activations.

    Args:
        ours: In eval mode.
        theirs: In eval mode.

    Returns:
        The largest one, relative to the largest value; infinity if sizes differ.
    """
    channels: Any = ours.in_channels
    x = torch.randn(2, channels, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        a, b = ours(x, activate=False), theirs(x, activate=False)
    return float((a - b).abs().max() / a.abs().max().clamp(min=1e-12)) if a.shape == b.shape else float('inf')


def _left(source: Source, decoders: Sequence[str], moves: Sequence[Move], reasons: Mapping[str, str]) -> dict[str, str]:
    """Tensors of the decoders that were not moved -> why."""
    left = {}
    for name in decoders:
        decoder = source.network.decoder[name]
        for key in decoder.part.state_dict():
            path = f'decoder.{name}.{decoder.place}.{key}'
            if not any(path.startswith(f'{move.source}.') for move in moves):
                reason = next((v for k, v in reasons.items() if path.startswith(f'{k}.')), 'it has no role')
                left[path] = reason
    return left
