"""Every decode head and neck: tried from end to end, or refused with a reason; docs/decoders.md tells the same."""

from importlib.util import find_spec

import pytest
import torch
from mmengine.utils import digit_version

from tests.support.wide import sampled

from .table import TABLES, installed, library, row, rows
from .trial import build, try_out

ENTRIES = [(kind, name) for kind, catalogue in TABLES.items() for name in catalogue]


@pytest.mark.parametrize('kind', TABLES)
def test_every_class_that_a_library_registers_is_in_the_catalogue(kind: str) -> None:
    found = installed(kind)
    if kind == 'dense heads' and find_spec('mmdet') is None:
        pytest.skip('mmdet is not installed')
    assert found and set(found) <= set(TABLES[kind])


def test_most_heads_work() -> None:
    assert len([name for name in installed('heads') if TABLES['heads'][name].works]) >= 24


@pytest.mark.skipif(find_spec('mmdet') is None, reason='mmdet is not installed')
def test_most_convolutional_detectors_work() -> None:
    assert len([name for name in installed('dense heads') if TABLES['dense heads'][name].works]) >= 24


@pytest.mark.parametrize('kind, name', sampled((kind, name) for kind, name in ENTRIES if TABLES[kind][name].works))
def test_it_works_as_the_page_says(kind: str, name: str) -> None:
    entry = TABLES[kind][name]
    if name not in installed(kind) or find_spec(entry.needs) is None:
        pytest.skip(f'{name} is not in what is installed, or needs {entry.needs}')
    if digit_version(torch.__version__) < digit_version(entry.torch):
        pytest.skip(f"torch {torch.__version__} cannot train the library's own {name}")
    result = try_out(entry, library(kind, name))
    assert rows(kind)[name] == row(name, entry, result), 'run python -m tests.decoders.table'


@pytest.mark.parametrize('kind', TABLES)
def test_the_page_lists_the_catalogue(kind: str) -> None:
    lines = rows(kind)
    assert list(lines) == list(TABLES[kind])
    for name, entry in TABLES[kind].items():
        assert entry.works or (entry.remark and lines[name] == row(name, entry)), 'run python -m tests.decoders.table'


@pytest.mark.parametrize('kind, name', [(kind, name) for kind, name in ENTRIES if TABLES[kind][name].refusal])
def test_what_does_not_work_is_refused(kind: str, name: str) -> None:
    if name not in installed(kind):
        pytest.skip(f'{name} is not in what is installed')
    with pytest.raises(ValueError, match=TABLES[kind][name].refusal):
        build(TABLES[kind][name])
