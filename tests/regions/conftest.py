"""Images to make region stores of."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty images of different sizes, in and below a folder; names with other letters than ASCII, too."""
    random = np.random.default_rng(0)
    for number in range(30):
        place = tmp_path / 'images' / ('ä' if number % 3 else '') / f'{number}.png'
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8 + number, 40 - number, 3), dtype=np.uint8)).save(place)
    return tmp_path / 'images'
