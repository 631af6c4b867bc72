"""Reads entries of annotation files in JSON: what can be understood, or an error that names the entry."""

import reprlib
from collections.abc import Iterator
from typing import Any

from .base import as_integer

Entry = dict[str, Any]


def brief(value: Any) -> str:
    """Writes a value for an error message: short, and with invisible characters made visible.

    Examples:
        >>> brief('7'), brief(10**99)
        ("'7'", '10000000000000000...00000000000000000')
    """
    return ascii(value) if isinstance(value, str) and len(value) < 30 else reprlib.repr(value)


def entries(listed: Any, what: str) -> Iterator[tuple[Entry, str]]:
    """Takes a list of JSON objects apart.

    Args:
        listed: The list.
        what: What it is, such as ``a.json: images``.

    Yields:
        Each object, and a description for error messages, such as ``a.json: images[3]``.

    Raises:
        ValueError: If it is no list, or holds something else.
    """
    if not isinstance(listed, list):
        raise ValueError(f'{what} is {type(listed).__name__}, not a list: the file is of another format than expected')
    for number, entry in enumerate(listed):
        where = f'{what}[{number}]'
        if not isinstance(entry, dict):
            raise ValueError(f'{where} is {type(entry).__name__}, not an object: correct it, or remove it')
        yield entry, where


def id_of(entry: Entry, key: str, where: str) -> str:
    """Reads an id. Files write the same id as a number or as text, so that 7 and ``"7"`` are one.

    Args:
        entry: The JSON object.
        key: Of the id.
        where: Description of the entry.

    Raises:
        ValueError: If there is none, or it is neither a whole number nor text.
    """
    value = entry.get(key)
    number = as_integer(value)
    if number is not None:
        return str(number)
    if isinstance(value, str) and value:
        return value
    problem = f'has the {key!r} {brief(value)}' if key in entry else f'has no {key!r}'
    raise ValueError(f'{where} {problem}: give it a whole number or a text, or remove the entry')


def is_crowd(part: Entry, where: str) -> bool:
    """Reads ``iscrowd``, which may be missing.

    Raises:
        ValueError: If it is neither 0 nor 1.
    """
    value = part.get('iscrowd')
    if value in (None, 0, '0'):
        return False
    if value in (1, '1'):
        return True
    raise ValueError(f"{where} has the 'iscrowd' {brief(value)}: give 0 or 1")


def category_names(listed: Any, what: str) -> dict[str, str]:
    """Reads the names of categories by their ids; a category without name is called by its id.

    Raises:
        ValueError: If an id is missing, or has several names.
    """
    names: dict[str, str] = {}
    for entry, where in entries(listed, what):
        number = id_of(entry, 'id', where)
        name = str(entry.get('name', number))
        if names.setdefault(number, name) != name:
            raise ValueError(
                f'{where} calls the category {brief(number)} {brief(name)}, an entry before {brief(names[number])}'
            )
    return names
