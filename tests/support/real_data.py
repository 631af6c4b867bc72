"""Real data sets that may lie beside the clone."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / 'shared/data'
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f'there is no real data at {SHARED}')
