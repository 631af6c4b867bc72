"""Refuses words that this project does not use where the field has its own: prints place, word and remedy.

Run as ``python dev/check_words.py``; exits with 1 if there is any. ``docs/glossary.md`` has the words to use.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = (
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs',
    'mmdecon',
    'configs',
    'tools',
    'demo',
    'benchmarks',
    'projects',
)
KINDS = {'.md', '.py', '.yml', '.sh'}
UNCHECKED = {'docs/glossary.md'}  # which tells the words apart

# Pattern -> what to say instead. Words of a pattern may stand on two lines.
WORDS = {
    r"people's (masks?|annotations?|drawings?|regions?)": 'human annotations, ground truth',
    r'(masks?|drawn) (of|by|from) people': 'human annotations, ground truth',
    r'people (\w+ )?(drew|draw|drawn)\b': 'human annotations, ground truth',
    r'given (weights|encoder|decoder)': 'pretrained weights, pretrained encoder',
    r'starting weights': 'pretrained weights, initial weights',
    r'random weights': 'random initialisation, trained from scratch',
    r'weights (of|by|from) chance|start(s|ed)? (from|by|at) chance|\| chance \|': 'random initialisation',
    r'\bshar(e|es|ed|ing) (\w+ ){0,4}out\b|\bshares nothing out\b': 'shard, sharded',
    r'\bwhat came of\b': 'results',
    r'\bLetters:': 'Shapes:',
    r'\b(start_)?keep=': 'momentum=',
}
PATTERNS = {re.compile(pattern.replace(' ', r'[\s#]+'), re.IGNORECASE): remedy for pattern, remedy in WORDS.items()}


def pages() -> list[Path]:
    """The files to check, in their order."""
    found = [ROOT / place for place in PLACES if (ROOT / place).exists()]
    below = [page for place in found for page in (sorted(place.rglob('*')) if place.is_dir() else [place])]
    return [page for page in below if page.suffix in KINDS and page.relative_to(ROOT).as_posix() not in UNCHECKED]


def find(text: str) -> Iterator[tuple[int, str, str]]:
    """Looks for banned words.

    Args:
        text: Of a file.

    Yields:
        Line, counted from 1, what stands there, and what to say instead.

    Examples:
        >>> list(find('from random weights'))
        [(1, 'random weights', 'random initialisation, trained from scratch')]
    """
    for pattern, remedy in PATTERNS.items():
        for hit in pattern.finditer(text):
            yield text.count('\n', 0, hit.start()) + 1, ' '.join(hit[0].split()), remedy


def main() -> int:
    """The command; the number of files with banned words decides the exit status."""
    status = 0
    for page in pages():
        for line, words, remedy in sorted(find(page.read_text(encoding='utf-8'))):
            print(f'{page.relative_to(ROOT)}:{line}: {words!r}: say {remedy}')
            status = 1
    return status


if __name__ == '__main__':
    sys.exit(main())
