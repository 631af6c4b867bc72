"""Writes the table of shipped configs in docs/pretrain_for.md from the results."""

import json
import re
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from mmdecon.shipped import LIBRARIES
from mmdecon.tables import head, row

from .one import NO_MODEL

RESULTS = Path(__file__).parent / 'results'
PAGE = Path('docs/pretrain_for.md')
COLUMNS = ['family', 'configs', 'encoder and decoder', 'encoder', 'no', 'what stays new, and why']
REASON = 110
"""Characters of a reason."""


def read_rows(library: str) -> list[dict[str, Any]]:
    """The last row of each config that has a model, by name.

    Args:
        library: ``'mmseg'`` or ``'mmdet'``.
    """
    path = RESULTS / f'{library}.jsonl'
    found = {row['config']: row for row in map(json.loads, path.read_text().splitlines() if path.exists() else [])}
    rows = [found[name] for name in sorted(found)]
    return [one for one in rows if NO_MODEL not in one['why'].get('all', '')]


def reason(rows: list[dict[str, Any]]) -> str:
    """The most frequent reason why a part of a family stays new; levels without a loss are no part."""
    said = Counter(
        f'{part}: {why}'.removeprefix('all: ')
        for one in rows
        for part, why in one['why'].items()
        if not part.startswith('level ')
    )
    if not said:
        return ''
    text = (
        re.sub(r'[^\s\'"]*configs/', '', said.most_common(1)[0][0])
        .replace('|', '/')
        .replace('it does not work as a decoder: ', '')
    )
    return text if len(text) <= REASON else text[:REASON].rsplit(' ', 1)[0] + ' ...'


def table(library: str) -> str:
    """A row for each family, and their sum."""
    families: dict[str, list[dict[str, Any]]] = {}
    for one in read_rows(library):
        families.setdefault(one['config'].partition('/')[0], []).append(one)
    lines = [head(COLUMNS)]
    for name, rows in families.items():
        counts = Counter(one['works'] for one in rows)
        lines.append(
            row([f'`{name}`', len(rows), *(counts[key] or '' for key in ('decoder', 'encoder', 'no')), reason(rows)])
        )
    return '\n'.join(lines)


def summary(library: str) -> str:
    """What the table says in numbers."""
    rows = read_rows(library)
    counts = Counter(one['works'] for one in rows)
    families = {one['config'].partition('/')[0] for one in rows}
    good = {one['config'].partition('/')[0] for one in rows if one['works'] == 'decoder'}
    stepped = sum(bool(one.get('stepped')) and 'same_as' not in one for one in rows)
    return (
        f'**{library}**: {len(rows)} configs tried; encoder and decoder in {counts["decoder"]}, the encoder alone in '
        f'{counts["encoder"]}, {counts["no"]} not. {len(good)} of {len(families)} families have one with a decoder. '
        f'{stepped} different networks took a training step and were exported and verified.'
    )


def main() -> None:
    """Replaces what stands between the marks."""
    ArgumentParser(description=__doc__).parse_args()
    text = PAGE.read_text()
    for library in LIBRARIES:
        made = f'<!-- {library} -->\n{summary(library)}\n\n{table(library)}\n<!-- end -->'
        text = re.sub(rf'<!-- {library} -->\n.*?<!-- end -->', lambda match, made=made: made, text, flags=re.S)
    PAGE.write_text(text)


if __name__ == '__main__':
    main()
