"""Which values an image may have.

Shapes: h x w pixels, C channels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..texts import shown


@dataclass(frozen=True)
class Values:
    """What values are allowed.

    Args:
        low: Lowest.
        high: Highest.
        clip: Whether others are clipped instead of refused.
    """

    low: float
    high: float
    clip: bool

    def apply(self, pixels: np.ndarray, nodata: float | None, path: str) -> np.ndarray:
        """Clips pixels, or refuses those that are outside; NaN, infinite and nodata pixels are neither.

        An end of the range that is ``nodata`` itself is no value: pixels are clipped to the next one.

        Args:
            pixels: (h, w, C).
            nodata: The value that stands for "not measured", or None.
            path: The file, for the message.

        Raises:
            ValueError: If one is outside.
        """
        outside = (pixels < self.low) | (pixels > self.high)
        if pixels.dtype.kind == 'f':
            outside &= np.isfinite(pixels)
        if nodata is not None:
            outside &= pixels != nodata
        if not outside.any():
            return pixels
        if not self.clip:
            wrong = pixels[outside]
            raise ValueError(
                f'{shown(path)} has values {wrong.min()} to {wrong.max()} outside of LoadRaster.value_range='
                f"({self.low:g}, {self.high:g}): widen it, or set LoadRaster.outside='clip'"
            )
        low, high = self._ends(pixels.dtype, nodata)
        return np.where(outside, np.clip(pixels, low, high), pixels).astype(pixels.dtype, copy=False)

    def _ends(self, dtype: np.dtype, nodata: float | None) -> tuple[Any, Any]:
        """What values are clipped to; beside ``nodata``, as a measured value must not read as "not measured"."""
        if dtype.kind == 'f':
            low, high = dtype.type(self.low), dtype.type(self.high)
            inside = np.nextafter(low, high), np.nextafter(high, low)
        else:
            limits = np.iinfo(dtype)
            low, high = max(limits.min, int(np.ceil(self.low))), min(limits.max, int(np.floor(self.high)))
            inside = low + 1, high - 1
        low, high = inside[0] if low == nodata else low, inside[1] if high == nodata else high
        if low > high:
            raise ValueError(
                f'LoadRaster.value_range=({self.low:g}, {self.high:g}) holds no value of {dtype}, but for nodata '
                f'({nodata}): widen it'
            )
        return low, high
