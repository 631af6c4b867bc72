"""Every neck of mmseg and mmdet: pre-trained, exported, loaded into the library's own model, compared."""

import pytest

from .catalogue import NECKS, classes
from .trial import try_out

FOUND = [f'{library}.{name}' for library in ('mmseg', 'mmdet') for name in classes(f'{library}.models.necks')]


@pytest.mark.parametrize('name', [name for name, entry in NECKS.items() if entry.works])
def test_a_neck_works(name: str) -> None:
    if name not in FOUND:
        pytest.skip(f'{name} is not installed')
    print(try_out(NECKS[name], name.partition('.')[0]))
