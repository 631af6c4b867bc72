"""What every test finds and leaves behind."""

import gc
from collections.abc import Iterator

import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer

from tests.support import pair


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what is marked ``gpu`` on machines without one."""
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker('gpu'):
                item.add_marker(pytest.mark.skip(reason='needs a GPU'))


def pytest_collection_finish() -> None:
    """Takes what imports have made, millions of objects, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def managed() -> Iterator[None]:
    """Takes away the default scopes and visualizers that a test made: mmengine keeps them for the whole process.

    Another run of the same name and second would write to the folder of the first.
    """
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)
    for kind in (Visualizer, *Visualizer.__subclasses__()):
        kind._instance_dict.clear()


@pytest.fixture(autouse=True, scope='session')
def processes() -> Iterator[None]:
    """Ends the pair of processes that tests share."""
    yield
    pair.end()
