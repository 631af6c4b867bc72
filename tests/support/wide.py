"""Tests of many alike: a few stay in the fast suite, the others run in ``make test-wide``."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(values: Iterable[Any], every: int = 8) -> list[Any]:
    """Parameters of a test, of which only the first of so many are in the fast suite.

    Args:
        values: For ``pytest.mark.parametrize``; tuples for several arguments.
        every: One of how many stays in the fast suite.
    """
    return [value if i % every == 0 else _wide(value) for i, value in enumerate(values)]


def _wide(value: Any) -> Any:
    """A parameter with the mark; one that has marks keeps them."""
    if hasattr(value, 'marks'):
        return pytest.param(*value.values, marks=[*value.marks, pytest.mark.wide], id=value.id)
    return pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.wide)
