"""A wheel of mmdecon and a folder it is installed in, made from a copy of the source tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ('mmdecon', 'configs', 'tools', 'setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE')


@pytest.fixture(scope='session')
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the distribution is built from; building in the repository would leave files there."""
    folder = tmp_path_factory.mktemp('source')
    for name in (*SOURCES, 'model-index.yml', 'CHANGELOG.md', 'constraints.txt', 'constraints-openmmlab.txt'):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope='session')
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp('wheel')
    build = [sys.executable, '-m', 'pip', 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', folder, source]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope='session')
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed; on PYTHONPATH it comes before this environment's own mmdecon."""
    folder = tmp_path_factory.mktemp('site')
    install = [sys.executable, '-m', 'pip', 'install', '--no-deps', '--target', folder, wheel]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    return folder
