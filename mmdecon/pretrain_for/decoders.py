"""The necks and heads of a downstream model as decoders."""

from collections.abc import Sequence

from ..export import get_layout
from .candidates import PREFIXES, dense_candidates, head_candidates, neck_candidates
from .downstream import Downstream
from .found import Found


def find_decoders(downstream: Downstream, found: Found, side: int) -> None:
    """Finds the decoders of a model, and says of what it leaves out why.

    Args:
        downstream: The model.
        found: Has the encoder's levels; changed in place.
        side: Pixels of the image that the encoder's maps were made from.
    """
    if not _find_necks(downstream, found, side):
        for part in ('decode_head', *_dense_parts(downstream)):
            for head in downstream.part(part):
                found.left[f'{part} {head["type"]}'] = 'it reads what was left out'
        return
    _find_heads(downstream, found, side)
    for part in _dense_parts(downstream):
        for head in downstream.part(part):
            try:
                found.add(part, dense_candidates(head, found), side)
            except ValueError as error:
                _leave(found, [f'{part} {head["type"]}'], error)


def _dense_parts(downstream: Downstream) -> list[str]:
    """Parts of a model that hold dense heads."""
    return [part for part in get_layout(downstream.layout).parts if part not in ('backbone', 'neck', 'decode_head')]


def _find_necks(downstream: Downstream, found: Found, side: int) -> bool:
    """Adds the necks; tells whether all run."""
    necks = downstream.part('neck')
    for i, neck in enumerate(necks):
        name = 'neck' if len(necks) == 1 else f'neck{i + 1}'
        try:
            found.given = found.add(name, neck_candidates(neck, found, PREFIXES[i]), side).names
        except ValueError as error:
            _leave(found, [f'neck {n["type"]}' for n in necks[i:]], error)
            return False
    return True


def _find_heads(downstream: Downstream, found: Found, side: int) -> None:
    """Adds the decode heads, each of which may read the one before it."""
    heads, previous = downstream.part('decode_head'), None
    for i, head in enumerate(heads):
        level = 'out' if i == len(heads) - 1 else f'out{i + 1}'
        name = 'head' if len(heads) == 1 else f'head{i + 1}'
        try:
            (previous,) = found.add(name, head_candidates(head, found, level, previous), side).names
        except ValueError as error:
            _leave(found, [f'decode_head {h["type"]}' for h in heads[i:]], error)
            return


def _leave(found: Found, parts: Sequence[str], error: ValueError) -> None:
    """Says why parts are left out: the first does not run, those behind it have nothing to read."""
    for i, part in enumerate(parts):
        found.left[part] = f'it does not work as a decoder: {error}' if i == 0 else 'it reads what was left out'
