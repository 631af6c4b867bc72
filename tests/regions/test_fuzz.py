"""Damaged annotation files give right regions or an error that names file and image, within bounded memory.

A failure names its seed: ``try_json`` or ``try_png`` of ``tests/support/annotation_fuzz.py`` repeats it.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support import annotation_fuzz


@pytest.mark.parametrize('seeds', [range(200), pytest.param(range(1000, 6000), marks=pytest.mark.slow)])
def test_damaged_files(tmp_path: Path, seeds: range) -> None:
    lines = annotation_fuzz.run(tmp_path, seeds)
    assert not [line for line in lines if not re.fullmatch(r'\d+ (changed|same|refused)', line)][:5]
    ends = Counter(line.split()[1] for line in lines)
    assert sum(ends.values()) == len(seeds) and min(ends.values()) > len(seeds) / 50 and len(ends) == 3, ends
