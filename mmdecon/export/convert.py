"""From a pre-trained network to the state dict of a layout."""

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import torch
from mmcv.cnn import fuse_conv_bn, is_norm
from torch import Tensor

from ..models.decoders import NECK, Decoder
from ..models.decoders.arguments import full_type
from ..models.network import Network
from .layouts import Layout, get_layout
from .pieces import Export, Piece
from .source import Source

PARTS = ('encoder', 'encoder+decoder')


def convert(
    source: Source,
    layout: str,
    part: str = PARTS[1],
    decoders: Sequence[str] | None = None,
    fold_norm: bool = False,
    target: str | None = None,
) -> Export:
    """Makes the state dict of a layout.

    Args:
        source: The pre-trained network.
        layout: A name in :data:`mmdecon.registry.LAYOUTS`.
        part: ``'encoder'`` or ``'encoder+decoder'``.
        decoders: Names of the decoders to export; all by default.
        fold_norm: Fold the norms of necks into their convolutions, for targets whose necks have none; features are
            the same in eval mode.
        target: What ``--target`` names, where the layout asks it for places that are lists.

    Raises:
        ValueError: If the layout has no place for something, there is no such decoder, the decoders do not follow each
            other as they do downstream, or there is no norm to fold.
    """
    library = get_layout(layout).for_target(target)
    if part not in PARTS:
        raise ValueError(f'part is {part!r}; known: {list(PARTS)}')
    chosen = choose_decoders(source, part, decoders)
    _require_chain(source.network, chosen)
    exported = {name: source.network.decoder[name] for name in chosen}
    exported = _fold_necks(exported) if fold_norm else exported
    pieces = _pieces(exported, library.lists(target))
    places = {name: library.place(piece) for name, piece in pieces.items()}
    states: dict[bool, dict[str, Tensor]] = {True: {}, False: {}}  # by whether it was trained
    left_out: list[str] = []
    for piece, path, state in _tensors(source, exported, pieces):
        lost = library.without_place(piece)
        left_out += [f'{path}.{name}' for name in lost]
        untrained_here = untrained_among((f'{path}.{name}' for name in state), source.network)
        for trained, into in states.items():
            names = [name for name in state if trained is (f'{path}.{name}' not in untrained_here)]
            into.update(library.rename({name: state[name] for name in names if name not in lost}, piece))
    classifiers = [c for name, decoder in exported.items() for c in _classifiers(library, decoder, pieces[name])]
    untrained = sorted(states[False])
    return Export(states[True], layout, part, untrained, chosen, places, classifiers, fold_norm, left_out)


def _classifiers(library: Layout, decoder: Decoder, piece: Piece) -> list[str]:
    """What the names of a head's classifiers start with in the target."""
    names = library.rename({f'{path}.weight': torch.empty(0) for path in decoder.classifiers}, piece)
    return [name.removesuffix('weight') for name in names]


def choose_decoders(source: Source, part: str, names: Sequence[str] | None) -> list[str]:
    """The decoders to export, in the order in which they run.

    Args:
        source: The pre-trained network.
        part: ``'encoder'``, which has none, or ``'encoder+decoder'``.
        names: Those that are asked for; all by default.

    Raises:
        ValueError: If there is none, or none of a name.
    """
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
        is_neck, previous = decoder.place == NECK, decoder.previous
        before = last.get(is_neck)
        foreign = [level for level in decoder.inputs if level not in given]
        follows = not foreign if is_neck else before is not None and previous in network.decoder[before].names
        if before is not None and not follows:
            raise ValueError(
                f'decoders {before!r} and {name!r} stand side by side, not one behind the other as in a target: choose '
                'one with --decoder'
            )
        foreign += [previous] if before is None and previous is not None else []
        is_other = decoder.reads_all and given != network.level_names and decoder.inputs != given
        if foreign or is_other:
            raise ValueError(
                f'decoder {name!r} reads {foreign or decoder.inputs}, but in a target with the decoders {list(chosen)} '
                f'it is given {given}: choose others of {list(network.decoder)} with --decoder, or --part encoder'
            )
        given, last[is_neck] = list(decoder.names) if is_neck else given, name


def _pieces(decoders: Mapping[str, Decoder], lists: Collection[str]) -> dict[str, Piece]:
    """What each decoder is in a target: numbered where one place holds a list, as it does for several."""
    by_place: dict[str, list[str]] = {}
    for name, decoder in decoders.items():
        by_place.setdefault(decoder.place, []).append(name)
    numbers = {
        name: i if len(names) > 1 or place in lists else None
        for place, names in by_place.items()
        for i, name in enumerate(names)
    }
    return {
        n: Piece(f'decoder.{n}', v.place, v.library_type, numbers[n], frozenset(v.part.state_dict()))
        for n, v in decoders.items()
    }


def _fold_necks(decoders: Mapping[str, Decoder]) -> dict[str, Decoder]:
    """Copies of decoders in which no neck has a norm any more."""
    necks = {name: decoder for name, decoder in decoders.items() if decoder.place == NECK}
    if not any(is_norm(part) for decoder in necks.values() for part in decoder.modules()):
        raise ValueError(f'--fold-norm finds no neck with norms among the exported decoders {list(decoders)}: omit it')
    folded = dict(decoders)
    for name, decoder in necks.items():
        folded[name] = copy.deepcopy(decoder)
        fuse_conv_bn(folded[name].part)
        kept = {type(part).__name__ for part in folded[name].modules() if is_norm(part)}
        if kept:
            raise ValueError(
                f'decoder {name!r} has {sorted(kept)}, which --fold-norm cannot fold: only a batch norm behind a '
                'convolution can; give the target the same norm_cfg instead'
            )
    return folded


def _tensors(
    source: Source, decoders: Mapping[str, Decoder], pieces: Mapping[str, Piece]
) -> Iterator[tuple[Piece, str, dict[str, Tensor]]]:
    """What is exported: the piece, its module's name in the network, its tensors."""
    state = source.network.encoder.state_dict()
    kind = full_type(source.config['network']['encoder'])
    yield Piece('encoder', 'encoder', kind, names=frozenset(state)), 'encoder', state
    for name, decoder in decoders.items():
        yield pieces[name], f'decoder.{name}.{decoder.place}', decoder.part.state_dict()


def untrained_among(names: Iterable[str], network: Network) -> set[str]:
    """The tensors that feed no branch; a buffer goes with its module's parameters, or those of the module around.

    Args:
        names: Of tensors in the network.
        network: The network.
    """
    unused, parameters = set(network.unused), {name for name, _ in network.named_parameters()}
    below: dict[str, set[str]] = {}
    for name in parameters:
        for parent in _parents(name):
            below.setdefault(parent, set()).add(name)
    found = set()
    for name in names:
        around = (
            [name] if name in parameters else next((below[parent] for parent in _parents(name) if parent in below), ())
        )
        if around and unused.issuperset(around):
            found.add(name)
    return found


def _parents(name: str) -> Iterator[str]:
    """The modules that a tensor is in, from the innermost."""
    while '.' in name:
        name = name.rpartition('.')[0]
        yield name
