"""What every test finds and leaves behind."""

from collections.abc import Iterator

import pytest
from mmengine.registry import DefaultScope

from tests.support import pair


@pytest.fixture(autouse=True)
def scopes() -> Iterator[None]:
    """Takes away the default scopes that a test made: mmengine keeps them for the whole process."""
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)


@pytest.fixture(autouse=True, scope='session')
def processes() -> Iterator[None]:
    """Ends the pair of processes that tests share."""
    yield
    pair.end()
