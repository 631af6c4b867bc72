"""What a pipeline knows of an image before its pixels are decoded, and what any pixel may be.

Shapes: H x W the image, h x w a view, both in pixels; C channels.

A sample has pixels of any number of channels, of one of ``DTYPES``. With them go, where the file or the config tells

* ``value_range``: the lowest and the highest value, as floats; without it, those of an integer dtype;
* ``nodata``: the value that stands for "not measured", besides NaN; without it, none does.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from .crops import Box

DTYPES = tuple(map(np.dtype, ('uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float16', 'float32', 'float64')))
"""Dtypes that a pipeline takes, in the machine's byte order."""


class Encoded(ABC):
    """An image file of which only the header has been read.

    Args:
        path: The file, for messages.
        shape: (H, W), as :meth:`decode` returns them.
        channels: C.
        dtype: Of the pixels.
    """

    def __init__(self, path: str, shape: tuple[int, int], channels: int = 3, dtype: str = 'uint8') -> None:
        self.path, self.shape, self.channels, self.dtype = path, shape, channels, np.dtype(dtype)

    @abstractmethod
    def decode(self) -> np.ndarray:
        """Decodes all of it.

        Returns:
            (H, W, C), of ``dtype``.

        Raises:
            UnreadableImage: If the file is damaged.
        """

    @abstractmethod
    def cut(self, boxes: Sequence[Box], size: tuple[int, int]) -> tuple[list[Box], list[np.ndarray]]:
        """Decodes crops, and as little else as the format allows.

        Args:
            boxes: Crops in pixels of the full image.
            size: (h, w), the size that the crops will be resized to. A format that decodes at lower resolution may
                do so as long as each crop keeps as many pixels.

        Returns:
            The boxes that were cut, in pixels of the full image, and the crops, each (., ., C) of ``dtype``.

        Raises:
            UnreadableImage: If the file is damaged.
        """
