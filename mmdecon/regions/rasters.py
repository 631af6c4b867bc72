"""Reads images of any channels and dtype for region generators, by the names that their samples have in training."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..images.pixels import mark_invalid
from ..registry import DATASETS

OF_FOLDER = ('tile', 'tile_overlap', 'extensions')  # the other options are LoadRaster's


class RasterImages:
    """The images, pages and tiles below a folder, by name.

    Args:
        folder: The root folder.
        options: Of ``RasterFolder`` (``tile``, ``tile_overlap``, ``extensions``) and of ``LoadRaster``.
        list_file: Selects files, see ``RasterFolder``; None for all.

    Attributes:
        options: The given ones, as JSON values.
        names: Of all samples, in their order.

    Raises:
        ValueError: If an option is wrong, or files differ in channels or dtype.
        UnreadableImage: If a file cannot be read.
    """

    def __init__(self, folder: str, options: Mapping[str, Any], list_file: str | None = None) -> None:
        self.options = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
        of_folder = {key: value for key, value in options.items() if key in OF_FOLDER}
        reader = {key: value for key, value in options.items() if key not in OF_FOLDER}
        pipeline = [dict(reader, type='mmdecon.LoadRaster')]
        config = dict(
            type='mmdecon.RasterFolder', folders=[folder], list_file=list_file, pipeline=pipeline, **of_folder
        )
        self.dataset = DATASETS.build(config)
        self.names = [self.dataset.get_data_info(number)['name'] for number in range(len(self.dataset))]
        self._numbers = {name: number for number, name in enumerate(self.names)}

    def __call__(self, name: str) -> np.ndarray:
        """Reads an image, (H, W, C), with NaN in pixels without a value.

        Raises:
            UnreadableImage: If it cannot be read.
        """
        sample = self.dataset.pipeline(self.dataset.get_data_info(self._numbers[name]))
        return mark_invalid(sample['img'], sample.get('nodata'))
