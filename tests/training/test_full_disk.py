"""A disk that fills up while a run trains is named in one sentence; mmengine's error names neither file nor disk."""

import pytest

from tests.support import here
from tests.support.full_disk import SAYS, full_disk

__all__ = ['full_disk']  # a fixture


@pytest.mark.parametrize('full_disk', [300_000], indirect=True)  # room for logs, not for a checkpoint
def test_a_checkpoint_that_finds_no_room(full_disk, tmp_path) -> None:
    work = tmp_path / 'work'
    with pytest.raises(
        SystemExit, match=rf'^error: a file in {work} cannot be written: {SAYS}; the disk at /.* MB left$'
    ):
        here.train(work, config='tests/training/tiny_any.py')
    assert not (work / 'last_checkpoint').exists()  # so that nobody goes on from the part that was written
