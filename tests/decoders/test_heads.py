"""Every decode head of mmseg: pre-trained, exported, loaded into mmseg's own segmenter, compared."""

import pytest

from .catalogue import HEADS, classes
from .trial import try_out

FOUND = classes('mmseg.models.decode_heads')


@pytest.mark.parametrize('name', [name for name, entry in HEADS.items() if entry.works])
def test_a_head_works(name: str) -> None:
    if name not in FOUND:
        pytest.skip(f'this mmseg has no {name}')
    print(try_out(HEADS[name]))
