"""Images for the small classifier, and the tools run on it."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name('classifier.py')


@pytest.fixture(scope='session')
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two classes of four noise images."""
    folder, noise = tmp_path_factory.mktemp('images'), np.random.default_rng(0)
    for label in ('dark', 'light'):
        (folder / label).mkdir()
        for index in range(4):
            pixels = noise.integers(0, 128, (32, 32), dtype=np.uint8) + (128 if label == 'light' else 0)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / label / f'{index}.png')
    return folder


@pytest.fixture
def tool(images: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs ``tools/NAME.py`` on the classifier in this process; ``options`` become ``--cfg-options``."""

    def run(name: str, *arguments: object, options: tuple[str, ...] = ()) -> None:
        data = [f'{split}_dataloader.dataset.data_root={images}' for split in ('train', 'test')]
        # mmengine would give runs of the same second one name, and with it one logger.
        data.append(f'experiment_name={uuid4()}')
        command = [name, CONFIG, *arguments, '--cfg-options', *data, *options]
        monkeypatch.setattr(sys, 'argv', [str(word) for word in command])
        runpy.run_path(str(ROOT / 'tools' / f'{name}.py'), run_name='__main__')

    return run
