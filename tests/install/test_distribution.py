"""What is in the distribution, and where mim finds it."""

import subprocess
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from mmdecon import __version__

from .conftest import ROOT


def files(folder: Path) -> set[str]:
    """Paths of all files below a folder, without Python's caches."""
    paths = (path for path in folder.rglob('*') if path.is_file() and '__pycache__' not in path.parts)
    return {path.relative_to(folder).as_posix() for path in paths}


def test_wheel_holds_configs_tools_and_index_for_mim(wheel):
    inside = {name.removeprefix('mmdecon/.mim/') for name in ZipFile(wheel).namelist() if '/.mim/' in name}
    expected = {f'{folder}/{name}' for folder in ('configs', 'tools') for name in files(ROOT / folder)}
    assert inside == expected | {'model-index.yml'}
    assert {'tools/train.py', 'tools/export.py', 'configs/_base_/default_runtime.py'} <= inside


def test_wheel_holds_the_package_and_nothing_beside_it(wheel):
    names = ZipFile(wheel).namelist()
    assert {name.split('/')[0] for name in names} == {'mmdecon', f'mmdecon-{__version__}.dist-info'}
    ours = ('demo', 'benchmark', 'bases', 'evidence', 'ablations', '_photos', '__pycache__')  # of the clone alone
    assert not [name for name in names if any(word in name for word in ours)]
    assert files(ROOT / 'mmdecon') == {
        name.removeprefix('mmdecon/') for name in names if name[:8] == 'mmdecon/' and '/.mim/' not in name
    }


def test_no_openmmlab_line_is_a_hard_requirement(wheel):
    metadata = message_from_string(ZipFile(wheel).read(f'mmdecon-{__version__}.dist-info/METADATA').decode())
    hard = [line for line in metadata.get_all('Requires-Dist') if 'extra ==' not in line]
    assert [line for line in hard if 'mm' in line or 'onedl' in line] == []
    assert any(line.startswith('torch') for line in hard)
    assert {'onedl', 'openmmlab', 'det', 'test'} <= set(metadata.get_all('Provides-Extra'))


@pytest.mark.wide
def test_installed_wheel_is_imported(python_with_wheel):
    code = 'import mmdecon.models, mmdecon.datasets; print(mmdecon.__file__)'
    done = subprocess.run([python_with_wheel, '-I', '-c', code], capture_output=True, text=True, timeout=120)
    assert Path(done.stdout.strip()).is_relative_to(python_with_wheel.parents[1]), done.stderr


def test_editable_install_makes_no_copy_for_mim(python_with_source, source):
    code = 'import mmdecon; print(mmdecon.__file__)'
    done = subprocess.run([python_with_source, '-I', '-c', code], capture_output=True, text=True, timeout=120)
    assert Path(done.stdout.strip()) == source / 'mmdecon' / '__init__.py', done.stderr
    assert not list(source.rglob('.mim'))
    assert not list(python_with_source.parents[1].rglob('.mim'))


def test_model_index_names_every_metafile():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    metafiles = {path.relative_to(ROOT).as_posix() for path in (ROOT / 'configs').rglob('metafile.yml')}
    assert set(index['Import']) == metafiles != set()
