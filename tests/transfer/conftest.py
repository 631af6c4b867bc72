"""A comparison of very small segmenters from a very small pre-trained network."""

from pathlib import Path
from typing import Any

import pytest

from ..support import tiny
from ..support.exports import PLAIN, save

ROOT = Path(__file__).parents[2]
TINY = str(ROOT / 'tests/transfer/tiny.py')
TOOL = ROOT / 'tools/train.py'


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a DeCon with ResNet and FPN."""
    return save(tmp_path_factory.mktemp('decon') / 'decon.pth', tiny.network(dict(fpn=PLAIN)), 'c5', 'p2', 'p3')


@pytest.fixture
def given(checkpoint: str) -> dict[str, Any]:
    """Settings as a config file has them."""
    return dict(
        work_dir='work',
        starts=dict(
            random=dict(), encoder=dict(checkpoint=checkpoint, part='encoder'), both=dict(checkpoint=checkpoint)
        ),
        protocols=dict(nuclei=dict(config=TINY, metric='foreground_mIoU')),
        labels=[4, '50%'],
        seeds=[0, 1],
        rates=[3e-3],
    )
