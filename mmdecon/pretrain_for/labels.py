"""Label maps among photos, which nobody wants to train on."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, UnidentifiedImageError

SAMPLED = 32
"""Files that are looked at."""
VALUES = 32
"""Different values that a label map of a part of a scene has at most; photos, also grey ones, have more."""


def find_labels(paths: Sequence[str]) -> list[str]:
    """Those of some files that look like label maps: PNGs of one channel with few values.

    Args:
        paths: Of images; some of them are looked at, from the first to the last.
    """
    chosen = np.unique(np.linspace(0, len(paths) - 1, min(SAMPLED, len(paths))).round().astype(int))
    return [paths[i] for i in chosen if _is_label(paths[i])]


def _is_label(path: str) -> bool:
    try:
        with Image.open(path) as image:
            few = image.format == 'PNG' and image.mode in ('1', 'L', 'P')
            return few and 1 < len(np.unique(np.asarray(image))) <= VALUES
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return False  # what reads the images says what is wrong with it
