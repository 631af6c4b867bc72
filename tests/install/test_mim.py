"""``mim train mmdecon`` works where it can, and every route gives the losses of ``tools/train.py``.

``onedl-mim`` finds mmdecon in an editable install and ``openmim`` in an installed wheel; the other two pairs are broken
in those releases.
"""

import json
import runpy
import subprocess
import sys
from importlib.metadata import distributions
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from .conftest import ROOT

CONFIG = ROOT / 'configs' / 'decon' / 'decon-ml-slotcon_r18-fpn_1xb64-coslr-200e_my-images.py'
OURS = ROOT / 'tools' / 'train.py'
MMPRETRAINS = files('mmpretrain') / '.mim' / 'tools' / 'train.py'
INSTALLED = {distribution.metadata['Name'] for distribution in distributions()}


@pytest.fixture(scope='module')
def options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What makes the config small: four noise images, two steps of 64 x 64 pixels."""
    folder, noise = tmp_path_factory.mktemp('images'), np.random.default_rng(0)
    for index in range(4):
        pixels = noise.integers(0, 256, (80, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f'{index}.png')
    loader = dict(batch_size=2, num_workers=0, persistent_workers=False)
    small = {f'train_dataloader.{key}': value for key, value in loader.items()}
    small |= {'train_dataloader.dataset.folders': folder, 'train_dataloader.dataset.pipeline.1.size': 64}
    small |= {'train_cfg.max_epochs': 1, 'param_scheduler': None, 'default_hooks.logger.interval': 1}
    return ['--cfg-options', *(f'{key}={value}' for key, value in small.items())]


def losses(work_dir: Path) -> list[float]:
    """The losses that the run in a folder logged."""
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    return [json.loads(line)['loss'] for line in log.read_text().splitlines()]


def run(tool: Path, work_dir: Path, options: list[str]) -> list[float]:
    """The losses of ``python TOOL CONFIG``, run in this process."""
    arguments = [tool, CONFIG, '--work-dir', work_dir, *options, f'experiment_name={uuid4()}']
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, 'argv', [str(word) for word in arguments])
        runpy.run_path(str(tool), run_name='__main__')
    return losses(work_dir)


@pytest.fixture(scope='module')
def expected(options, tmp_path_factory) -> list[float]:
    """The losses of ``python tools/train.py CONFIG``."""
    values = run(OURS, tmp_path_factory.mktemp('ours'), options)
    assert len(values) == 2
    return values


@pytest.fixture(scope='module')
def python(request) -> Path:
    """The interpreter of the environment that this line's mim can read."""
    if 'onedl-mim' in INSTALLED:
        return request.getfixturevalue('python_with_source')
    if 'openmim' in INSTALLED:
        return request.getfixturevalue('python_with_wheel')
    return pytest.skip('needs onedl-mim or openmim')


@pytest.mark.wide
@pytest.mark.parametrize(
    'config', [pytest.param(CONFIG, marks=pytest.mark.slow), CONFIG.name], ids=['path', 'bare name']
)
def test_mim_trains_as_our_tool_does(python, config, options, expected, tmp_path):
    train = [python, '-m', 'mim', 'train', 'mmdecon', config, '--work-dir', tmp_path / 'run', *options]
    subprocess.run(train, cwd=tmp_path, check=True, timeout=180)
    assert losses(tmp_path / 'run') == expected


@pytest.mark.wide
def test_mmpretrains_tool_trains_as_ours_does(options, expected, tmp_path):
    assert run(MMPRETRAINS, tmp_path, options) == expected
