"""Label maps among photos, which nobody wants to train on."""

from collections.abc import Callable

import numpy as np
from PIL import Image, UnidentifiedImageError

SAMPLED = 32
"""Files that are looked at."""
VALUES = 32
"""Different values that a label map of a part of a scene has at most; photos, also grey ones, have more."""


def find_labels(count: int, path_of: Callable[[int], str]) -> list[str]:
    """Those of some files that look like label maps: PNGs of one channel with few values.

    Args:
        count: Of the files; some are looked at, from the first to the last.
        path_of: Gives a file's path by its number.
    """
    chosen = np.unique(np.linspace(0, count - 1, min(SAMPLED, count)).round().astype(int))
    return [path for path in map(path_of, chosen.tolist()) if _is_label(path)]


def _is_label(path: str) -> bool:
    try:
        with Image.open(path) as image:
            few = image.format == 'PNG' and image.mode in ('1', 'L', 'P')
            return few and 1 < len(np.unique(np.asarray(image))) <= VALUES
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return False  # what reads the images says what is wrong with it
