"""From a pre-trained network to the state dict of a layout."""

import copy
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mmcv.cnn import fuse_conv_bn, is_norm
from torch import Tensor, nn

from ..models.network import Network
from .layouts import LAYOUTS, Layout, Rule, full_type, rename
from .source import Source

PARTS = ('encoder', 'encoder+decoder')


@dataclass(frozen=True)
class Export:
    """What is written, and what was left out on purpose.

    Attributes:
        state: Tensors under the target's names.
        layout: Name of the layout.
        part: ``'encoder'`` or ``'encoder+decoder'``.
        untrained: Names in the target of what feeds no branch, so that it was neither trained nor exported.
        decoders: Names of the decoders in it.
        places: Where each of them goes in the target, such as ``neck``, or ``decode_head.1`` in a cascade.
        classifiers: What the names of the heads' classifiers, which no export has, start with in the target.
        folded: Whether the necks' norms were folded into their convolutions.
    """

    state: dict[str, Tensor]
    layout: str
    part: str
    untrained: list[str]
    decoders: list[str]
    places: dict[str, str]
    classifiers: list[str]
    folded: bool


def convert(
    source: Source, layout: str, part: str = PARTS[1], decoders: Sequence[str] | None = None, fold_norm: bool = False
) -> Export:
    """Makes the state dict of a layout.

    Args:
        source: The pre-trained network.
        layout: A name in :data:`LAYOUTS`.
        part: ``'encoder'`` or ``'encoder+decoder'``.
        decoders: Names of the decoders to export; all by default.
        fold_norm: Fold the norms of necks into their convolutions, for targets whose necks have none; features are
            the same in eval mode.

    Raises:
        ValueError: If the layout has no place for something, there is no such decoder, the decoders do not follow each
            other as they do downstream, or there is no norm to fold.
    """
    if layout not in LAYOUTS:
        raise ValueError(f'layout is {layout!r}; known: {sorted(LAYOUTS)}')
    if part not in PARTS:
        raise ValueError(f'part is {part!r}; known: {list(PARTS)}')
    chosen = _choose_decoders(source, part, decoders)
    _require_chain(source.network, chosen)
    modules = {name: source.network.decoder[name] for name in chosen}
    places = _places(modules)
    if fold_norm:
        modules = _fold_necks(modules)
    states: dict[bool, dict[str, Tensor]] = {True: {}, False: {}}  # by whether it was trained
    for where, state, rules in _pieces(source, LAYOUTS[layout], modules, places):
        for trained, into in states.items():
            names = [name for name in state if trained is not _is_untrained(f'{where}.{name}', source.network)]
            into.update(rename({name: state[name] for name in names}, rules, where))
    classifiers = [
        f'{places[name]}.{module.classifier}.' for name, module in modules.items() if hasattr(module, 'classifier')
    ]
    return Export(states[True], layout, part, sorted(states[False]), chosen, places, classifiers, fold_norm)


def _choose_decoders(source: Source, part: str, names: Sequence[str] | None) -> list[str]:
    """The decoders to export, in the order in which they run."""
    existing = list(source.network.decoder)
    if part == PARTS[0]:
        if names:
            raise ValueError(
                f'--part encoder exports no decoder, but --decoder names {list(names)}: leave out one of the two'
            )
        return []
    if not existing:
        raise ValueError(f'{source.path} was pre-trained without a decoder: export it with --part encoder')
    unknown = sorted(set(names or []) - set(existing))
    if unknown:
        raise ValueError(f'no decoder {unknown} in {source.path}: it has {existing}')
    return [name for name in existing if names is None or name in names]


def _require_chain(network: Network, chosen: Sequence[str]) -> None:
    """Refuses decoders that would read something else downstream, where necks follow each other and heads the last."""
    given = list(network.level_names)
    last: dict[bool, str] = {}  # the last neck, the last head
    for name in chosen:
        decoder = network.decoder[name]
        is_neck, previous = hasattr(decoder, 'neck'), getattr(decoder, 'previous', None)
        before = last.get(is_neck)
        foreign = [level for level in decoder.inputs if level not in given]
        follows = not foreign if is_neck else before is not None and previous in network.decoder[before].names
        if before is not None and not follows:
            raise ValueError(
                f'decoders {before!r} and {name!r} stand side by side, not one behind the other as in a target: choose '
                'one with --decoder'
            )
        foreign += [previous] if before is None and previous is not None else []
        if foreign:
            raise ValueError(
                f'decoder {name!r} reads {foreign}, but in a target with the decoders {list(chosen)} it is given '
                f'{given}: choose others of {list(network.decoder)} with --decoder, or --part encoder'
            )
        given, last[is_neck] = list(decoder.names) if is_neck else given, name


def _places(decoders: Mapping[str, nn.Module]) -> dict[str, str]:
    """Where each decoder goes in a target: in ``neck`` or ``decode_head``, numbered where several make a chain."""
    kinds = {name: 'neck' if hasattr(decoder, 'neck') else 'decode_head' for name, decoder in decoders.items()}
    of_kind = {kind: [name for name in kinds if kinds[name] == kind] for kind in kinds.values()}
    return {
        name: kind if len(of_kind[kind]) == 1 else f'{kind}.{of_kind[kind].index(name)}' for name, kind in kinds.items()
    }


def _fold_necks(decoders: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    """Copies of decoders in which no neck has a norm any more."""
    necks = {name: decoder for name, decoder in decoders.items() if hasattr(decoder, 'neck')}
    if not any(is_norm(part) for decoder in necks.values() for part in decoder.modules()):
        raise ValueError(f'--fold-norm finds no neck with norms among the exported decoders {list(decoders)}: omit it')
    folded = dict(decoders)
    for name, decoder in necks.items():
        folded[name] = copy.deepcopy(decoder)
        fuse_conv_bn(folded[name].neck)
        kept = {type(part).__name__ for part in folded[name].modules() if is_norm(part)}
        if kept:
            raise ValueError(
                f'decoder {name!r} has {sorted(kept)}, which --fold-norm cannot fold: only a batch norm behind a '
                'convolution can; give the target the same norm_cfg instead'
            )
    return folded


def _pieces(
    source: Source, layout: Layout, decoders: Mapping[str, nn.Module], places: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Tensor], Sequence[Rule]]]:
    """What is exported: its place in the network, its tensors, its rules."""
    rules = layout.counterpart(full_type(source.config['network']['encoder'])).rules
    yield 'encoder', source.network.encoder.state_dict(), [(old, layout.encoder + new) for old, new in rules]
    for name, decoder in decoders.items():
        kind, _, number = places[name].partition('.')
        numbered = [(old, re.sub(rf'^{kind}\.', f'{kind}.{number}.', new)) for old, new in layout.decoder]
        yield f'decoder.{name}', decoder.state_dict(), numbered if number else layout.decoder


def _is_untrained(name: str, network: Network) -> bool:
    """Whether a tensor, by its name in the network, feeds no branch: a buffer goes with its module's parameters."""
    known = [key for key, _ in network.named_parameters()]
    if name in known:
        return name in network.unused
    parent = name.rpartition('.')[0]
    while '.' in parent and not any(key.startswith(parent + '.') for key in known):
        parent = parent.rpartition('.')[0]
    parameters = {key for key in known if key.startswith(parent + '.')}
    return bool(parameters) and parameters <= set(network.unused)


def digest(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of names and tensors."""
    total = hashlib.sha256()
    for name in sorted(state):
        total.update(name.encode())
        total.update(state[name].contiguous().numpy().tobytes())
    return total.hexdigest()
