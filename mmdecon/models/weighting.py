"""Which branches a model has, one for each level, and what each weighs in the loss."""

from collections.abc import Mapping
from math import fsum
from typing import Any

from .levels import Level

BranchConfigs = dict[str, dict[str, Any]]


def one_level_each(branches: Mapping[str, Mapping[str, Any] | None]) -> BranchConfigs:
    """Makes one branch of each level that a branch names.

    A branch ``dec`` at the levels p2 and p3 becomes ``dec_p2`` and ``dec_p3``, with a head, an objective and half of
    its weight each; at a single level, written without brackets, it keeps its name. A branch of None is left out.

    Args:
        branches: Name -> config of a branch.

    Returns:
        Name -> config of a branch, with the name of its ``level`` and its ``weight``.

    Raises:
        ValueError: If there is no branch, one has no level, a weight is not above 0, or names clash or would mislead
            mmengine.
    """
    each: BranchConfigs = {}
    for name, branch in branches.items():
        for key, config in _levels_of(name, branch).items() if branch is not None else ():
            if key in each:
                raise ValueError(f'model.branches makes two branches named {key!r}; rename one of them')
            each[key] = config
    if not each:
        raise ValueError('model.branches is empty: DeCon needs at least one branch')
    confusing = [name for name in each if 'loss' in name]
    if confusing:
        raise ValueError(
            f'model.branches has {confusing}: mmengine would add the figures of a branch with "loss" in its name to '
            'the loss; rename it'
        )
    return each


def weigh(branches: BranchConfigs, levels: Mapping[str, Level], alpha: float | None) -> dict[str, float]:
    """Says what each branch weighs: ``alpha * L_encoder + (1 - alpha) * L_decoder`` (arXiv 2503.17526).

    Args:
        branches: Of :func:`one_level_each`.
        levels: Those of the network; they know who makes them.
        alpha: What the encoder's branches share, in proportion to their weights, 0..1; the decoder's share the rest.
            With None, weights are as given.

    Returns:
        Name -> weight, > 0.

    Raises:
        ValueError: If alpha is not in 0..1, or a side has a share and no branch, or branches and no share.
    """
    weights = {name: branch['weight'] for name, branch in branches.items()}
    if alpha is None:
        return weights
    if not 0 <= alpha <= 1:
        raise ValueError(f"model.alpha is {alpha}: it is the encoder's share of the loss, 0 to 1")
    found: dict[str, float] = {}
    for side, share in (('encoder', alpha), ('decoder', 1 - alpha)):
        names = [name for name, branch in branches.items() if levels[branch['level']].side == side]
        _check_side(side, share, names, alpha)
        total = fsum(weights[name] for name in names)
        found.update({name: share * weights[name] / total for name in names})
    return {name: found[name] for name in branches}


def _levels_of(name: str, branch: Mapping[str, Any]) -> BranchConfigs:
    """The branches that one config makes."""
    level, weight = branch.get('level'), branch.get('weight', 1.0)
    if not level:
        raise ValueError(f'model.branches.{name}.level is {level!r}: give a level, or a list of them')
    if weight <= 0:
        raise ValueError(
            f'model.branches.{name}.weight is {weight}, must be > 0; leave the branch out to switch it off: '
            f'model.branches.{name}=None'
        )
    if isinstance(level, str):
        return {name: {**branch, 'weight': weight}}
    if len(set(level)) < len(level):
        raise ValueError(f'model.branches.{name}.level names a level twice: {list(level)}')
    return {f'{name}_{one}': {**branch, 'level': one, 'weight': weight / len(level)} for one in level}


def _check_side(side: str, share: float, names: list[str], alpha: float) -> None:
    """Refuses a share of the loss that no branch takes, and branches without any share."""
    if names and share == 0:
        leave_out = ' '.join(f'model.branches.{name}=None' for name in names)
        raise ValueError(
            f"model.alpha is {alpha}, so that the {side}'s branches {names} would weigh nothing: leave them out "
            f'(in a config or by --cfg-options {leave_out}; for one of several levels, name the others in level)'
        )
    if not names and share > 0:
        raise ValueError(
            f"model.alpha is {alpha}, which gives {share} of the loss to the {side}'s branches, and there are none: "
            f'add a branch at a level of the {side}, or leave model.alpha out (None): weights are then as given'
        )
