"""Values as readable Python, for config files."""

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

WIDTH = 119


class Code(str):
    """An expression, written as it stands."""


class Extended(dict[str, Any]):
    """What a dict of a base file becomes with further entries.

    Args:
        base: The expression of that dict.
        **entries: Further ones.
    """

    def __init__(self, base: str, **entries: Any) -> None:
        super().__init__(entries)
        self.base = Code(base)


def as_code(value: Any, indent: int = 0, room: int = WIDTH) -> str:
    """A value as Python, broken into lines where it is long.

    Args:
        value: Dicts, lists and tuples of plain values; classes are written by their names with their modules.
        indent: Columns that its further lines are indented by.
        room: Columns that the first line has.

    Examples:
        >>> print(as_code(dict(type='FPN', in_channels=[8, 16])))
        dict(type='FPN', in_channels=[8, 16])
        >>> print(as_code(dict(a=dict(b='x' * 20), c=1), room=20))
        dict(
            a=dict(b='xxxxxxxxxxxxxxxxxxxx'),
            c=1,
        )
    """
    opening, items, closing = _items(value)
    if items is None:
        return opening
    line = opening + ', '.join(f'{start}{as_code(item, 0, 10**6)}' for start, item in items)
    line += (',' if opening == '(' and len(items) == 1 else '') + closing
    if len(line) <= room or not items:
        return line
    inner = ' ' * (indent + 4)
    lines = [f'{inner}{start}{as_code(item, indent + 4, WIDTH - indent - 5 - len(start))},' for start, item in items]
    return '\n'.join([opening, *lines, ' ' * indent + closing])


def _items(value: Any) -> tuple[str, list[tuple[str, Any]] | None, str]:
    """What opens a value, its items with what stands before each, what closes it; None for what has no items."""
    if isinstance(value, Code):
        return str(value), None, ''
    if isinstance(value, Extended):
        return 'dict(', [('', value.base), *((f'{key}=', item) for key, item in value.items())], ')'
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and key.isidentifier() and not iskeyword(key) for key in value):
            return 'dict(', [(f'{key}=', item) for key, item in value.items()], ')'
        return '{', [(f'{key!r}: ', item) for key, item in value.items()], '}'
    if isinstance(value, (list, tuple)):
        opening, closing = '()' if isinstance(value, tuple) else '[]'
        return opening, [('', item) for item in value], closing
    if isinstance(value, type):
        return repr(f'{value.__module__.partition(".")[0]}.{value.__name__}'), None, ''
    return repr(value), None, ''
