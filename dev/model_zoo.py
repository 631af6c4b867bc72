"""Writes the tables of configs/*/README.md and configs/README.md from the metafiles: ``python dev/model_zoo.py``.

With ``--check`` it changes nothing and fails where a table is stale. Tables stand between two markers; all else in a
README is written by hand. Keys of a row's ``Metadata`` that it reads: those of ``COLUMNS``; ``Table``, the title of the
table that the row belongs to; ``I have`` and ``I want``, for the page that helps to choose.
"""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = '<!-- from metafile.yml by dev/model_zoo.py -->', '<!-- end -->'
COLUMNS = {
    'Method': 'method',
    'Task': 'task',
    'Network': 'network',
    'Training Data': 'data',
    'Epochs': 'epochs',
    'Length': 'length',
    'Batch Size': 'images a step',
    'Decoder From': 'decoder pre-trained by',
    'Paper Row': 'paper row',
    'Status': 'checkpoint',
}

Row = dict[str, Any]


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join('| ' + ' | '.join(str(cell) for cell in line) + ' |' for line in lines)


def link(row: Row, page: Path) -> str:
    """A link from a page to a row's config."""
    return f'[{row["Name"]}]({os.path.relpath(ROOT / row["Config"], page.parent)})'


def checkpoint(row: Row) -> str:
    """Where a row's weights are, or why there are none."""
    return f'[weights]({row["Weights"]})' if 'Weights' in row else row['Metadata']['Status']


def of_folder(page: Path, rows: list[Row]) -> str:
    """The tables of a folder's README, in the order of the metafile."""
    titles = list(dict.fromkeys(row['Metadata'].get('Table', '') for row in rows))
    parts = []
    for title in titles:
        members = [row for row in rows if row['Metadata'].get('Table', '') == title]
        keys = [key for key in COLUMNS if any(key in row['Metadata'] for row in members)]
        cells = [
            [checkpoint(row) if key == 'Status' else row['Metadata'].get(key, '') for key in keys] for row in members
        ]
        lines = [[link(row, page), *line] for row, line in zip(members, cells, strict=True)]
        parts += [f'{title}:'] * bool(title) + [table(['config', *(COLUMNS[key] for key in keys)], lines)]
    return '\n\n'.join(parts)


def to_choose(page: Path, rows: list[Row]) -> str:
    """The table that leads from what one has and wants to a config."""
    chosen = [(row['Metadata']['I have'], row['Metadata']['I want'], link(row, page)) for row in rows if _leads(row)]
    return table(['I have', 'I want', 'config'], chosen)


def _leads(row: Row) -> bool:
    return 'I have' in row['Metadata']


def pages() -> dict[Path, str]:
    """README -> its text as it should be.

    Raises:
        ValueError: If a README has no markers.
    """
    by_page: dict[Path, list[Row]] = {}
    for metafile in yaml.safe_load((ROOT / 'model-index.yml').read_text())['Import']:
        content = yaml.safe_load((ROOT / metafile).read_text())
        readmes = {one['Name']: ROOT / one['README'] for one in content['Collections']}
        for row in content['Models']:
            by_page.setdefault(readmes[row['In Collection']], []).append(row)
    every = [row for rows in by_page.values() for row in rows]
    overview = ROOT / 'configs' / 'README.md'
    texts = {page: with_tables(page, of_folder(page, rows)) for page, rows in by_page.items()}
    return texts | {overview: with_tables(overview, to_choose(overview, every))}


def with_tables(page: Path, tables: str) -> str:
    """A page's text with other tables between its markers.

    Raises:
        ValueError: If it has no markers.
    """
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f'{page.relative_to(ROOT)} lacks the lines "{BEGIN}" and "{END}", between which tables go')
    return f'{before}{BEGIN}\n\n{tables}\n\n{END}{after}'


def main() -> None:
    """Writes the pages, or checks them."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--check', action='store_true', help='write nothing; fail where a page is stale')
    check = parser.parse_args().check
    stale = {page: text for page, text in pages().items() if page.read_text() != text}
    names = ', '.join(str(page.relative_to(ROOT)) for page in stale)
    if check and stale:
        sys.exit(f'stale: {names}; run python dev/model_zoo.py')
    for page, text in stale.items():
        page.write_text(text)
    print(f'written: {names}' if stale else 'all tables are those of the metafiles')


if __name__ == '__main__':
    main()
