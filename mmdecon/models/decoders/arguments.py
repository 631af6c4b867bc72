"""What another library's class must be told of the levels that it reads, found by its signature."""

import inspect
from typing import Any, Mapping, Optional

from ...registry import MODELS


def class_of(config: Mapping[str, Any], scope: Optional[str] = None) -> type:
    """The class that a config names.

    Args:
        config: With ``type``, and perhaps ``_scope_``.
        scope: For a type without one.

    Raises:
        ValueError: If there is none.
    """
    name, scope = config['type'], config.get('_scope_', scope)
    if not isinstance(name, str):
        return name
    found = MODELS.get(name if '.' in name or not scope else f'{scope}.{name}')
    if found is None:
        raise ValueError(f'there is no {name!r} to build: write the type with its scope, such as mmseg.{name}')
    return found


def parameter(kind: type, name: str) -> Optional[inspect.Parameter]:
    """An argument of a class's constructor, also one that ``**kwargs`` hands on to the class above.

    Args:
        kind: The class.
        name: The argument's name.

    Returns:
        None if the class does not take it.

    Example:
        >>> class Above:
        ...     def __init__(self, a): ...
        >>> class Below(Above):
        ...     def __init__(self, b=2, **kwargs): ...
        >>> [parameter(Below, name) is not None for name in 'abc']
        [True, True, False]
    """
    for base in kind.__mro__:
        if '__init__' not in vars(base):
            continue
        known = inspect.signature(base.__init__).parameters
        if name in known:
            return known[name]
        if not any(known[key].kind is inspect.Parameter.VAR_KEYWORD for key in known):
            return None
    return None
