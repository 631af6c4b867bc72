"""Checks of the options of ``LoadRaster``."""

from collections.abc import Sequence
from numbers import Real
from typing import Any


def as_bands(given: Any) -> list[int]:
    """Checks ``bands``.

    Raises:
        ValueError: If they are no numbers of channels.
    """
    bands = _as_list(given)
    if not (bands and all(type(band) is int and band >= 0 for band in bands)):
        raise ValueError(f'LoadRaster.bands={given}: give numbers of channels, from 0, such as [0, 1, 2]')
    return bands


def as_range(given: Sequence[float]) -> tuple[float, float]:
    """Checks ``value_range``.

    Raises:
        ValueError: If it is not two numbers, the lower one first.
    """
    numbers = _as_list(given)
    if not (len(numbers) == 2 and all(map(is_number, numbers)) and numbers[0] < numbers[1]):
        raise ValueError(f'LoadRaster.value_range={given}: give the lowest and the highest value, such as (0, 4095)')
    return float(numbers[0]), float(numbers[1])


def _as_list(given: Any) -> list[Any]:
    """A list of what was given, for a check of its items; of one value, none."""
    return list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []


def is_number(value: Any) -> bool:
    """Whether something is a number, and not True or False."""
    return isinstance(value, Real) and not isinstance(value, bool)
