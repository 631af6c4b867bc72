"""Processes that start quickly, where nobody reads their figures."""

import pytest

from benchmarks import crew
from tests.support.fresh import start_method


@pytest.fixture(autouse=True)
def quick_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has benchmarks' processes forked from one that has imported everything: their figures are nobody's here."""
    monkeypatch.setattr(crew, 'START_METHOD', start_method())
