"""Where the towers of a detection head end, found by running it.

A *predictor* is a layer whose output a head returns, perhaps scaled or otherwise changed without further weights. A
*tower* is what a head computes of each level before its predictors, such as four convolutions for classes.

Shapes: C channels, h x w cells.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from .layer_calls import Call, first_met, record_calls


class Towers(NamedTuple):
    """What was found in a head.

    Attributes:
        predictors: Predictor, by its place in the head -> its channels; in the order in which they are defined.
        ends: Name of a map -> the predictor that it enters, and which of the predictor's calls that is.
    """

    predictors: dict[str, int]
    ends: dict[str, tuple[str, int]]


def find_towers(
    head: nn.Module,
    maps: Sequence[Tensor],
    inputs: Sequence[str],
    predictors: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
) -> Towers:
    """Finds a head's predictors and names what enters them.

    A map that enters several predictors counts once. A tower with a map for each level gives each the number of the
    level behind a word of its own (``cls3`` of p3), taken from its predictor's name, or behind ``t`` where it is alone.

    Args:
        head: In the mode in which it is to be run.
        maps: Any of its levels, each (1, C, h, w).
        inputs: The levels' names.
        predictors: Their places in the head, where those that it returns are not what is meant.
        names: Of the maps, level by level of one tower after the other, where the rule above does not serve.

    Raises:
        ValueError: If there are no predictors, no tower before them, or names do not serve.
    """
    kind = type(head).__name__
    calls, outputs = record_calls(head, maps, predictors or ())
    made = {call.left: call.path for call in calls if call.left is not None}
    chosen = set(predictors or ()) or first_met([x.grad_fn for x in outputs], made)
    predicting = [call for call in calls if call.path in chosen]
    _require_predictors(kind, predicting, chosen)
    ends: dict[int, list[Call]] = {}  # by the map that enters
    for call in predicting:
        if first_met([call.entered], made):
            ends.setdefault(id(call.feature), []).append(call)
    order = [path for path, _ in head.named_modules() if path in chosen]
    if not ends:
        raise ValueError(f'{kind} has no layer before its {", ".join(order)}: it has no tower to pre-train')
    groups = [sorted({call.path for call in entering}, key=order.index) for entering in ends.values()]
    numbers = {id(call): n for path in order for n, call in enumerate(c for c in predicting if c.path == path)}
    firsts = [(entering[0].path, numbers[id(entering[0])]) for entering in ends.values()]
    channels = {call.path: call.output.shape[1] for call in predicting}
    named = _name(kind, groups, inputs, names)
    return Towers({path: channels[path] for path in order}, {name: firsts[i] for name, i in named.items()})


def _require_predictors(kind: str, predicting: Sequence[Call], chosen: set[str]) -> None:
    """Refuses a head without predictors, or with such as give no map of the size that enters."""
    unused = sorted(chosen - {call.path for call in predicting})
    if unused:
        raise ValueError(f'{kind} does not use its {unused[0]}: predictors names layers that its forward pass calls')
    if not predicting:
        raise ValueError(f'{kind} returns nothing that a layer of its own makes: it has no tower to pre-train')
    for path, feature, output, _, _ in predicting:
        if output.dim() != 4 or output.shape[2:] != feature.shape[2:]:
            raise ValueError(
                f'{kind} predicts by its {path}, which makes {tuple(output.shape)} of {tuple(feature.shape)}, no map '
                'of as many cells: name the layers behind its towers in predictors, or take another head'
            )


def _name(
    kind: str, groups: Sequence[Sequence[str]], inputs: Sequence[str], names: Sequence[str] | None
) -> dict[str, int]:
    """Name of each map -> its number, from the predictors that it enters; those of one tower follow each other."""
    towers: dict[tuple[str, ...], list[int]] = {}  # by predictors, without the levels' numbers
    for i, group in enumerate(groups):
        towers.setdefault(tuple(dict.fromkeys(map(_plain, group))), []).append(i)
    mains = [tower[0] for tower in towers]
    counts = {' and '.join(tower): len(members) for tower, members in towers.items()}
    found = [name for n, main in zip(counts.values(), mains) for name in _names(_word(main, mains), n, inputs)]
    found = found if names is None else list(names)
    order = [i for members in towers.values() for i in members]
    if len(found) != len(order) or len(set(found)) < len(found):
        raise ValueError(
            f'{kind} reads {list(inputs)} and makes so many maps for its predictors: {counts}; the names '
            f'{names or "of the levels"} do not serve: give it as many levels as it is made for (strides of its '
            'anchor_generator), or give its decoder one name for each map in names'
        )
    return dict(zip(found, order))


def _names(word: str, count: int, inputs: Sequence[str]) -> list[str]:
    """Names of a tower's maps, if there is one for each level, or one alone; else none."""
    if count == len(inputs):
        return [f'{word}{level[1:]}' for level in inputs]
    return [word] if count == 1 else []


def _plain(path: str) -> str:
    """A layer's place without numbers, which count levels or layers."""
    return '.'.join(part for part in path.split('.') if not part.isdigit())


def _word(predictor: str, all_predictors: Sequence[str]) -> str:
    """What tells a tower from the others: the first word of its predictor's name that none of theirs has.

    Examples:
        >>> _word('retina_cls', ['retina_cls', 'retina_reg']), _word('rpn_cls', ['rpn_cls'])
        ('cls', 't')
    """
    others = [other for other in all_predictors if other != predictor]
    taken = {word for other in others for word in re.split(r'[._]', other)}
    own = [word for word in re.split(r'[._]', predictor) if word not in taken]
    return (own[0] if own else predictor.replace('.', '_')) if others else 't'
