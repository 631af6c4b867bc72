"""A disk on which files cannot grow, as the system itself enforces it."""

import resource
import signal
from collections.abc import Iterator

import pytest

SAYS = 'File too large'  # the system, of a file beyond the limit; of a full disk, no space left on device


@pytest.fixture
def full_disk(request: pytest.FixtureRequest) -> Iterator[None]:
    """No file can grow beyond 4096 bytes, or as many as the test's parameter."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (getattr(request, 'param', 4096), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)
