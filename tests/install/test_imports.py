"""The core imports without what only detection needs, and says what is missing where it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

import mmdecon
from mmdecon.compat import require

BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name in BLOCKED:
            raise ModuleNotFoundError(f'blocked: {name}', name=name)

BLOCKED = %r
sys.meta_path.insert(0, Block())
"""


def python(code: str) -> subprocess.CompletedProcess:
    """Runs code in a new interpreter."""
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=120)


def test_core_needs_no_mmdet_no_compiled_ops_and_no_process_group():
    done = python(
        BLOCK
        % (['mmdet', 'mmcv._ext'],)
        + 'import mmdecon, mmdecon.models, mmdecon.datasets, mmdecon.hooks, mmdecon.engine\n'
        'import torch\n'
        'assert not torch.distributed.is_initialized()\n'
        'assert not torch.cuda.is_initialized()\n'
        'assert "mmdet" not in sys.modules\n'
        'print("imported")'
    )
    assert done.stdout.strip() == 'imported', done.stderr


def test_the_package_itself_imports_nothing_heavy():
    done = python('import sys, mmdecon; print(sorted({"torch", "mmengine", "mmcv"} & set(sys.modules)))')
    assert done.stdout.strip() == '[]', done.stderr


@pytest.mark.wide
def test_nothing_but_a_config_that_names_it_loads_sharding():
    root = Path(mmdecon.__path__[0])
    files = [path.relative_to(root.parent).with_suffix('') for path in sorted(root.rglob('*.py'))]
    others = ['.'.join(path.parts).removesuffix('.__init__') for path in files if 'sharding' not in path.parts]
    done = python(
        f'import importlib, sys\nfor name in {others}: importlib.import_module(name)\n'
        'print(*(name for name in sys.modules if name.startswith("mmdecon.sharding")))\n'
        'from mmengine.config import Config\n'
        'from mmengine.registry import STRATEGIES\n'
        'cfg = Config.fromfile("configs/_base_/scale/fsdp.py")\n'
        'print(STRATEGIES.get(cfg.strategy.type).__module__)'
    )
    assert len(others) > 50 and done.stdout.splitlines()[-2:] == ['', 'mmdecon.sharding.strategy'], done.stderr


def test_a_missing_line_is_named_with_the_extras_that_bring_it():
    done = python('import sys\nsys.modules["mmseg"] = None\nimport mmdecon.registry')
    *_, last = done.stderr.strip().splitlines()
    assert last.startswith('ModuleNotFoundError: mmdecon needs mmseg, not installed here: ')
    assert 'pip install "mmdecon[onedl]"' in last
    assert 'pip install "mmdecon[openmmlab]"' in last


def test_a_missing_detection_package_is_named_with_its_own_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmdet', None)
    with pytest.raises(ModuleNotFoundError, match=r'mmdecon needs mmdet.*mmdecon\[det\]'):
        require('mmdet')
