"""An optimiser's state by numbers of parameters, as torch's optimisers have it, and by their names, as FSDP does."""

from collections.abc import Sequence
from typing import Any


def by_number(named: dict[str, Any]) -> dict[str, Any]:
    """Numbers the parameters in the order of the groups.

    Args:
        named: ``state``: name -> state, and ``param_groups``, whose ``params`` are names.

    Examples:
        >>> by_number(dict(state=dict(b=1), param_groups=[dict(params=['a'], lr=1), dict(params=['b'])]))
        {'state': {1: 1}, 'param_groups': [{'params': [0], 'lr': 1}, {'params': [1]}]}
    """
    groups = named['param_groups']
    numbers = {name: i for i, name in enumerate(name for group in groups for name in group['params'])}
    return dict(
        state={numbers[name]: state for name, state in named['state'].items()},
        param_groups=[
            dict(group, params=[numbers[name] for name in group['params']]) for group in named['param_groups']
        ],
    )


def by_name(numbered: dict[str, Any], names: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Names the parameters.

    Args:
        numbered: ``state``: number -> state, and ``param_groups``, whose ``params`` are numbers.
        names: Of each group's parameters, in their order.

    Raises:
        ValueError: If there are other groups, or as many parameters in them.

    Examples:
        >>> by_name(dict(state={1: 1}, param_groups=[dict(params=[0], lr=1), dict(params=[1])]), [['a'], ['b']])
        {'state': {'b': 1}, 'param_groups': [{'params': ['a'], 'lr': 1}, {'params': ['b']}]}
    """
    groups = numbered['param_groups']
    given, wanted = [len(group['params']) for group in groups], [len(group) for group in names]
    if given != wanted:
        raise ValueError(
            f'the checkpoint has an optimiser over groups of {given} parameters, this run one over {wanted}: resume '
            'with the optim_wrapper and the model that the run began with'
        )
    flat = {i: name for group, own in zip(groups, names) for i, name in zip(group['params'], own)}
    return dict(
        state={flat[i]: state for i, state in numbered['state'].items()},
        param_groups=[dict(group, params=list(own)) for group, own in zip(groups, names)],
    )
