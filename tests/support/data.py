"""Where data stand that are too large for the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get('MMDECON_SHARED', '../shared') / 'data'

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f'there is no data at {DATA}')
