"""What another library's class must be told of the levels that it reads, found by its signature."""

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import ConfigDict

from ...registry import MODELS


def class_of(config: Mapping[str, Any], scope: str | None = None) -> type:
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
        raise ValueError(
            f'there is no {name!r} to build: import the module that registers it (custom_imports in a config, --import '
            'of tools/export.py)'
            + ('' if '.' in name else f', and write the type with its scope, such as mmseg.{name}')
        )
    return found


def full_type(config: Mapping[str, Any]) -> str:
    """The type that a config names, with its scope.

    Args:
        config: With ``type``, a name or a class, and perhaps ``_scope_``.

    Examples:
        >>> full_type(dict(type='ResNet', _scope_='mmpretrain'))
        'mmpretrain.ResNet'
    """
    name, scope = config['type'], config.get('_scope_')
    if not isinstance(name, str):
        return f'{name.__module__.partition(".")[0]}.{name.__name__}'
    return name if '.' in name or not scope else f'{scope}.{name}'


def parameter(kind: type, name: str) -> inspect.Parameter | None:
    """An argument of a class's constructor, also one that ``**kwargs`` hands on to the class above.

    Args:
        kind: The class.
        name: The argument's name.

    Returns:
        None if the class does not take it.

    Examples:
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
        known = inspect.signature(vars(base)['__init__']).parameters
        if name in known:
            return known[name]
        if not any(known[key].kind is inspect.Parameter.VAR_KEYWORD for key in known):
            return None
    return None


def complete_head(
    head: Mapping[str, Any],
    read: Sequence[Any],
    is_single: bool,
    classifier: str = 'conv_seg',
    positions: Sequence[int] | None = None,
) -> dict[str, Any]:
    """A head's config, told of the levels that it reads.

    Args:
        head: Its config.
        read: The levels.
        is_single: Whether it takes one level's channels and index, not lists.
        classifier: Where its classifier is; arguments go to the config of the head that has it.
        positions: Of the levels among the maps that the head will be given; by default it is given those alone.

    Raises:
        ValueError: If the config's ``in_index`` is none of them, or there is no such head.
    """
    config = ConfigDict(copy.deepcopy(dict(head)))  # some heads take entries out of their configs, some read attributes
    owner, scope = config, config.get('_scope_') or str(config['type']).rpartition('.')[0]
    for name in classifier.split('.')[:-1]:
        inner = owner.get(name)
        owner = inner if isinstance(inner, dict) and parameter(class_of(inner, scope), 'num_classes') else owner
    positions = list(range(len(read))) if positions is None else positions
    chosen = owner.pop('in_index', 0 if is_single else list(range(len(read))))
    one = isinstance(chosen, int)
    if not all(-len(read) <= i < len(read) for i in ([chosen] if one else chosen)):
        raise ValueError(
            f'in_index={chosen} of {owner["type"]} counts in the inputs of its decoder, of which there are {len(read)}'
        )
    channels = [level.channels for level in read]
    filled: dict[str, Any] = dict(
        num_classes=3,
        in_channels=channels[chosen] if one else [channels[i] for i in chosen],
        in_index=positions[chosen] if one else [positions[i] for i in chosen],
        feature_strides=[level.stride for level in read],
        c1_in_channels=channels[0],
    )
    kind = class_of(owner, scope)
    for name, value in filled.items():
        if parameter(kind, name) is not None:
            owner.setdefault(name, value)
    return config


def complete_neck(neck: Mapping[str, Any], channels: Sequence[int], is_single: bool = False) -> dict[str, Any]:
    """A neck's config, told of the levels that it reads.

    Args:
        neck: Its config.
        channels: Of each level.
        is_single: Whether it takes the channels of one level as a number.

    Raises:
        ValueError: If it takes one number, but the levels' channels differ.
    """
    kind = class_of(neck)
    filled: dict[str, Any] = dict(num_outs=len(channels), num_levels=len(channels), num_scales=len(channels))
    filled = {name: value for name, value in filled.items() if parameter(kind, name) is not None}
    for name in ('in_channels', 'embed_dim'):
        wanted = parameter(kind, name)
        if wanted is None or name in neck:
            continue
        if is_single or wanted.annotation in (int, 'int') or name == 'embed_dim':
            filled[name] = _only(channels, kind)
        else:
            filled[name] = tuple(channels) if isinstance(wanted.default, tuple) else list(channels)
    return copy.deepcopy({**filled, **neck})  # some take entries out of their configs


def complete_dense_head(head: Mapping[str, Any], read: Sequence[Any]) -> dict[str, Any]:
    """A dense head's config, told of the levels that it reads.

    Args:
        head: Its config.
        read: The levels.

    Raises:
        ValueError: If it takes one number of channels, but the levels' channels differ.
    """
    config, kind = ConfigDict(copy.deepcopy(dict(head))), class_of(head)  # some heads take entries out of their configs
    channels, strides = [level.channels for level in read], [level.stride for level in read]
    filled: dict[str, Any] = dict(strides=strides, featmap_strides=strides, num_ins=len(read))
    wanted = parameter(kind, 'in_channels')
    if wanted is not None and 'in_channels' not in config:
        is_list = isinstance(wanted.default, tuple) or 'Sequence' in str(wanted.annotation)
        filled['in_channels'] = channels if is_list else _only(channels, kind)
    classes, anchors = parameter(kind, 'num_classes'), parameter(kind, 'anchor_generator')
    if classes is not None and classes.default is inspect.Parameter.empty:
        filled['num_classes'] = 3
    if anchors is not None:
        default = anchors.default if isinstance(anchors.default, dict) else {}
        config['anchor_generator'] = config.get('anchor_generator') or dict(default, strides=strides)
    for name, value in filled.items():
        if parameter(kind, name) is not None:
            config.setdefault(name, value)
    return config


def _only(channels: Sequence[int], kind: type) -> int:
    """The channels of levels that have the same."""
    if len(set(channels)) > 1:
        raise ValueError(f'{kind.__name__} takes one number of channels, its levels have {list(channels)}')
    return channels[0]
