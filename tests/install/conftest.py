"""mmdecon built and installed from a copy of the source tree, in environments that borrow this one's other packages."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = (
    'mmdecon',
    'configs',
    'tools',
    'projects',
    'benchmarks',
    'setup.py',
    'pyproject.toml',
    'MANIFEST.in',
    'README.md',
    'LICENSE',
)


@pytest.fixture(scope='session')
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the distribution is built from."""
    folder = tmp_path_factory.mktemp('source')
    for name in (*SOURCES, 'model-index.yml', 'CHANGELOG.md', 'constraints.txt', 'constraints-openmmlab.txt'):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope='session')
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel; building leaves files in the tree, so it happens in a copy of the copy."""
    folder = tmp_path_factory.mktemp('wheel')
    tree = shutil.copytree(source, tmp_path_factory.mktemp('build') / 'tree')
    build = [sys.executable, '-m', 'pip', 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', folder, tree]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (built,) = folder.iterdir()
    return built


def install(folder: Path, *what: str | Path) -> Path:
    """Makes an environment with ``what`` installed on top of this environment's packages.

    Returns:
        Its Python interpreter.
    """
    venv.create(folder, symlinks=True)
    python = folder / 'bin' / 'python'
    ask = [python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']
    site = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    # A plain path: the .pth files there, with the way to this environment's own mmdecon, are not followed.
    (site / 'borrowed.pth').write_text(sysconfig.get_path('purelib'))
    pip = [python, '-m', 'pip', 'install', '--no-deps', '--no-build-isolation', '--ignore-installed', *what]
    subprocess.run(pip, check=True, capture_output=True, timeout=120)
    return python


@pytest.fixture(scope='session')
def python_with_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel."""
    return install(tmp_path_factory.mktemp('with_wheel'), wheel)


@pytest.fixture(scope='session')
def python_with_source(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the source tree, editable."""
    return install(tmp_path_factory.mktemp('with_source'), '-e', source)
