"""Processes that make two views of one large TIFF, by windows or from all of it."""

from dataclasses import dataclass
from itertools import repeat
from time import perf_counter

import numpy as np
from mmengine.dataset import Compose

from mmdecon.images.seeding import seeded

from .crew import Answer, peak

MIB = 2**20
TILE = 256


@dataclass(frozen=True)
class Setting:
    """What is measured.

    Attributes:
        path: The file.
        late: Whether ``TwoViews`` decodes what the crops need; otherwise all is decoded first.
        scale: Smallest and largest fraction of the image's area that a crop has.
    """

    path: str
    late: bool
    scale: tuple[float, float]


def write_tiff(path: str, side: int) -> None:
    """Writes a square grey image of 16 bits, in deflated tiles, without ever holding it.

    Args:
        path: The file.
        side: Height and width in pixels.
    """
    import tifffile

    x = np.arange(TILE)
    noise = np.random.default_rng(0).integers(0, 16, (TILE, TILE))
    tile = ((x[:, None] + x) * 64 + noise).astype(np.uint16)
    count = (-(-side // TILE)) ** 2
    how = dict(shape=(side, side), dtype='uint16', tile=(TILE, TILE), compression='zlib', metadata=None)
    tifffile.imwrite(path, repeat(tile, count), photometric='minisblack', **how)


def prepare(setting: Setting, rank: int, folder: str) -> Answer:
    """Builds the pipeline; a question is a seed, or ``memory``: MiB above what was held with the pipeline made."""
    load = dict(type='mmdecon.LoadRaster', late=setting.late)
    run = Compose([load, dict(type='mmdecon.TwoViews', scale=setting.scale)])
    before = peak(forget=True)

    def answer(what: str) -> float:
        if what == 'memory':
            return (peak() - before) / MIB
        with seeded(int(what)):
            start = perf_counter()
            run(dict(img_path=setting.path))
            return perf_counter() - start

    return answer
