"""Regions that do not depend on the image: the cells of a grid."""

from typing import Any

import numpy as np

from ..registry import REGIONS
from .base import check_size, is_count, stack_planes


@REGIONS.register_module()
class Grid:
    """Divides the image into n x n cells: the baseline for all other regions.

    DetCon was published with such grids beside regions computed from the image; 5 x 5 is reported as the best grid.

    Args:
        n: Number of cells along the height and along the width. Cell sizes differ by at most one pixel. If the height
            or width has fewer than n pixels, each pixel gets a cell of its own in that direction.

    Raises:
        ValueError: If ``n`` is not an integer >= 1.

    Examples:
        >>> Grid(n=2)(np.zeros((2, 3, 3), np.uint8), 'a.png')[..., 0]
        array([[0, 0, 1],
               [2, 2, 3]], dtype=int32)
    """

    def __init__(self, n: int = 5) -> None:
        if not is_count(n):
            raise ValueError(f'Grid: n is {n!r}, but the image is divided into n x n cells: give an integer >= 1')
        self.n = n
        self.options: dict[str, Any] = {'method': 'grid', 'n': n}

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Numbers the cells in raster order.

        Args:
            image: (H, W, C), of which the size matters.
            name: The image's name, for error messages.

        Returns:
            (H, W, 1), int32, values below n * n.

        Raises:
            ValueError: If the array is not such an image.
        """
        check_size(image, name)
        rows, columns = (np.arange(size) * self.n // size for size in image.shape[:2])
        return stack_planes([rows[:, None] * self.n + columns])
