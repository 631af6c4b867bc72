"""The documentation is true: its code runs, its files exist, its links lead somewhere."""

import re
import sys
from pathlib import Path

import pytest

from .test_configs import check

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')), *sorted((ROOT / 'configs').rglob('README.md'))]
PAGES += [ROOT / 'benchmarks/README.md', *sorted((ROOT / 'projects').rglob('README.md'))]


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf'^```{language}\n(.*?)^```', page.read_text(), flags=re.DOTALL | re.MULTILINE)


def test_the_example_of_an_objective_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, config = blocks(ROOT / 'docs/add_an_objective.md', 'python')
    (tmp_path / 'my_objective.py').write_text(module)
    (tmp_path / 'config.py').write_text(config.replace("'../_base_", f"'{ROOT}/configs/_base_"))
    monkeypatch.syspath_prepend(tmp_path)
    check(tmp_path / 'config.py')
    assert 'my_objective' in sys.modules


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_exist(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r'\]\(([^)]+)\)', text) if not link.startswith('http')]
    for link in links:
        path, _, anchor = link.partition('#')
        target = page.parent / path if path else page
        assert target.exists(), f'{page.name} links {link}'
        if anchor:
            titles = re.findall(r'^#+ (.*)$', target.read_text(), flags=re.MULTILINE)
            anchors = [re.sub(r'[^\w -]', '', title).lower().replace(' ', '-') for title in titles]
            assert anchor in anchors, f'{page.name} links {link}, but there is {anchors}'
    beside_links = re.sub(r'\]\([^)]+\)', ']', text)
    names = re.findall(
        r'(?<![\w/.-])((?:configs|tools|tests|mmdecon|docs|projects|benchmarks)/[\w./-]+\.\w+)', beside_links
    )
    missing = {name for name in names if not (ROOT / name).exists()}
    assert missing <= {'configs/decon/decon-ml-cells_r18-fpn_1xb64-coslr-200e_my-images.py'}, missing


def test_the_readme_shows_a_config_as_it_is() -> None:
    (shown,) = blocks(ROOT / 'README.md', 'python')
    assert shown == (ROOT / 'configs/decon/decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py').read_text()
