"""The tables of docs/decoders.md, made of the catalogue and of what trying it gave.

``python -m tests.decoders.table`` tries everything and writes them, or those that it is given (``heads``, ``necks``,
``"dense heads"``).
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from .catalogue import Entry, classes
from .dense_heads import DENSE_HEADS
from .heads import HEADS
from .necks import NECKS
from .trial import Result, try_out

PAGE = Path(__file__).parents[2] / 'docs' / 'decoders.md'
TABLES: Mapping[str, Mapping[str, Entry]] = {'heads': HEADS, 'necks': NECKS, 'dense heads': DENSE_HEADS}
TITLES = ['| class | works | reads | makes (channels, stride) | new downstream | remark |', '|---|---|---|---|---|---|']


def row(name: str, entry: Entry, result: Result | None = None) -> str:
    """One line: a class that works, with what trying it gave, or one that does not."""
    if result is None:
        return f'| `{name}` | no | | | | {entry.remark} |'
    decoder = list(entry.decoder.values())[-1]
    read = decoder.get('inputs', 'c2, c3, c4, c5')
    read = read if isinstance(read, str) else ', '.join(read)
    read += f', {decoder["previous"]}' if 'previous' in decoder else ''
    return f'| `{name}` | yes | {read} | {result.levels} | {result.new} | {entry.remark} |'


def rows(kind: str) -> dict[str, str]:
    """Class -> its line in the page as it is."""
    (block,) = re.findall(rf'<!-- {kind} -->\n(.*?)\n<!-- end -->', PAGE.read_text(), flags=re.DOTALL)
    lines = block.splitlines()
    assert lines[:2] == TITLES
    return {line.split('`')[1]: line for line in lines[2:]}


def installed(kind: str) -> list[str]:
    """The classes that the installed libraries have, as they are named in the catalogue."""
    if kind == 'heads':
        return classes('mmseg.models.decode_heads')
    if kind == 'dense heads':
        return classes('mmdet.models.dense_heads')
    return [f'{library}.{name}' for library in ('mmseg', 'mmdet') for name in classes(f'{library}.models.necks')]


def library(kind: str, name: str) -> str:
    """Whose model a class is loaded into."""
    return 'mmdet' if kind == 'dense heads' or name.startswith('mmdet.') else 'mmseg'


def main() -> None:
    """Tries all and writes the page's tables."""
    page = PAGE.read_text()
    for kind in sys.argv[1:] or TABLES:
        catalogue = TABLES[kind]
        lines = [row(k, v, try_out(v, library(kind, k)) if v.works else None) for k, v in catalogue.items()]
        block = '\n'.join([f'<!-- {kind} -->', *TITLES, *lines, '<!-- end -->'])
        page = re.sub(rf'<!-- {kind} -->\n.*?<!-- end -->', lambda match, new=block: new, page, flags=re.DOTALL)
    PAGE.write_text(page)


if __name__ == '__main__':
    main()
