"""A mark for tests that need the large data of :mod:`tests.support.data`."""

import pytest

from .data import DATA

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f'there is no data at {DATA}')
