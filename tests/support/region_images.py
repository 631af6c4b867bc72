"""Images to make regions of, and Felzenszwalb's of them."""

from pathlib import Path

import numpy as np

from mmdecon.registry import REGIONS

NUCLEI = sorted(map(str, Path(__file__).parents[1].glob('data/nuclei/JPEGImages/*.png')))


def segment(image: np.ndarray, **options) -> np.ndarray:
    return REGIONS.build(dict(type='mmdecon.Felzenszwalb', **options))(image, 'a.png')


def grey(rows: list) -> np.ndarray:
    return np.repeat(np.array(rows, np.uint8)[..., None], 3, axis=2)


def patches(seed: int, height: int, width: int, levels: int, side: int = 1) -> np.ndarray:
    """An image of few colours, in squares: most of its edges cost the same as others."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, levels, (-(-height // side), -(-width // side), 3)) * (255 // max(1, levels - 1))
    return image.repeat(side, axis=0).repeat(side, axis=1)[:height, :width].astype(np.uint8)
