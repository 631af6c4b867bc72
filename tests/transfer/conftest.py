"""A comparison of very small segmenters, from a very small pre-trained network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmdecon.transfer import Settings, read_settings

from ..support import tiny
from ..support.exports import PLAIN, save

collect_ignore = ['stand_in.py', 'tiny.py']  # a script and a config that the tests run

ROOT = Path(__file__).parents[2]
TINY = str(ROOT / 'tests/transfer/tiny.py')


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a DeCon with ResNet and FPN, whose levels p4 and p5 are not trained."""
    return save(tmp_path_factory.mktemp('decon') / 'decon.pth', tiny.network(dict(fpn=PLAIN)), 'c5', 'p2', 'p3')


@pytest.fixture
def given(checkpoint: str, tmp_path: Path) -> dict[str, Any]:
    """Settings as a config file has them."""
    encoder = dict(checkpoint=checkpoint, part='encoder')
    return dict(
        work_dir=str(tmp_path / 'work'),
        starts=dict(random=dict(), encoder=encoder, both=dict(checkpoint=checkpoint)),
        protocols=dict(nuclei=dict(config=TINY, metric='mIoU')),
        labels=[4, '50%'],
        seeds=[0, 1],
        rates=[3e-3],
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """Writes a config file, in the order that is given."""

    def write(given: dict[str, Any]) -> str:
        path = tmp_path / 'transfer.py'
        path.write_text('\n'.join(f'{key} = {value!r}' for key, value in given.items()))
        return str(path)

    return write


@pytest.fixture
def read(write: Callable[[dict[str, Any]], str]) -> Callable[..., Settings]:
    """Reads settings as the tool does."""
    return lambda given, **changes: read_settings(write({**given, **changes}))
