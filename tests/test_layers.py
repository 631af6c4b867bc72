"""Nothing in the package imports upwards: the order of ``docs/decisions/0007-package-and-projects.md``."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / 'mmdecon'
# From low to high; what stands in one line may import one another, as long as that makes no circle.
LAYERS = (
    ('__init__', 'version', 'compat', 'path_options', 'refusal', 'tables', 'texts'),
    (
        'registry',
        'precision',
        'resample',
        'views',
        'valid_cells',
        'noise_views',
        'schedules',
        'dist',
        'wrapping',
        'provenance',
        'checkpoint',
        'config_text',
        'addresses',
        'files',
        'locking',
        'spreads',
        'translation',
        'tables',
        'shipped',
    ),
    ('images', 'visualization'),
    ('regions', 'datasets', 'statistics'),
    ('models',),
    ('export', 'evaluation'),
    ('resuming',),
    ('downstream', 'hooks', 'engine', 'sharding'),
    ('clashes', 'option_keys', 'cli', 'processes'),
    ('transfer', 'pretrain_for'),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def module_of(path: Path) -> str:
    """The dotted name of a file below the package: ``models.heads`` for ``models/heads/__init__.py``."""
    parts = path.relative_to(ROOT).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' and len(parts) > 1 else parts)


FILES = {module_of(path): path for path in sorted(ROOT.rglob('*.py'))}


def imports(name: str) -> Iterator[tuple[int, str]]:
    """Lines and modules of the package that a module imports, those within functions included."""
    path = FILES[name]
    package = path.parent.relative_to(ROOT.parent).parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = '.'.join([*start, *([node.module] if node.module else [])])
            found = [f'{base}.{alias.name}' for alias in node.names]
        else:
            continue
        for full in found:
            if full.split('.')[0] == 'mmdecon':
                yield node.lineno, known(full.removeprefix('mmdecon').removeprefix('.'))


def known(name: str) -> str:
    """The module that a name lies in."""
    while name not in FILES and name:
        name = name.rpartition('.')[0]
    return name or '__init__'


def top(name: str) -> str:
    return name.partition('.')[0]


def test_every_part_has_a_layer() -> None:
    assert len(FILES) > 80
    assert {top(name) for name in FILES} <= set(RANK)


@pytest.mark.parametrize('part', sorted({top(name) for name in FILES}))
def test_nothing_imports_upwards(part: str) -> None:
    upwards = [
        f'{name}:{line} imports {other}'
        for name in FILES
        if top(name) == part
        for line, other in imports(name)
        if RANK.get(top(other), 99) > RANK.get(part, 99)
    ]
    assert not upwards


def test_no_circle_of_parts() -> None:
    graph = {part: set() for part in map(top, FILES)}
    for name in FILES:
        graph[top(name)] |= {top(other) for _, other in imports(name)} - {top(name)}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_no_circle_of_modules() -> None:
    """A package's ``__init__`` is left out: it imports what is in it, and who imports a part runs it first."""
    plain = {name for name, path in FILES.items() if path.name != '__init__.py'}
    TopologicalSorter({name: {other for _, other in imports(name)} & plain - {name} for name in plain}).prepare()
