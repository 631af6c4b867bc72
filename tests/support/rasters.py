"""Reads files as a pipeline does, for tests of readers."""

from pathlib import Path
from typing import Any

import numpy as np

from mmdecon.images.encoded import Encoded
from mmdecon.images.raster import LoadRaster
from mmdecon.images.raster_image import RasterImage
from mmdecon.images.readers.by_content import open_source
from mmdecon.images.readers.layout import Layout


def load(path: Path | str, page: int | None = None, **options: Any) -> np.ndarray:
    """The whole image of a file."""
    sample = dict(img_path=str(path)) | ({} if page is None else dict(page=page))
    return LoadRaster(**options)(sample)['img']


def encoded(path: Path | str, **options: Any) -> Encoded:
    """The image of a file before it is decoded."""
    return LoadRaster(late=True, **options)(dict(img_path=str(path)))['encoded']


def from_memory(path: Path | str, page: int = 0, **options: Any) -> np.ndarray:
    """The whole image of a file whose bytes do not come from the disk."""
    return RasterImage(open_source('in memory', Layout(**options), Path(path).read_bytes()), page).decode()


def noise(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    """Values from all of a dtype's range."""
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    native = kind.newbyteorder('=')
    if kind.kind == 'f':
        return (1000 * rng.standard_normal(shape)).astype(kind)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, dtype=native, endpoint=True).astype(kind)
