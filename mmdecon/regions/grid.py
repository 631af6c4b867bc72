"""Regions that know nothing of the image: the cells of a grid."""

from typing import Any

import numpy as np

from ..registry import REGIONS
from .base import check_image, stack_planes


@REGIONS.register_module()
class Grid:
    """Cuts the image into n x n cells; the baseline that any other regions must beat.

    DetCon was published with such grids beside its image-computed regions; 5 x 5 is reported to do best among them.

    Args:
        n: Cells along each side. Their sides differ by a pixel at most; an image narrower than n pixels has a cell for
            each of its pixels.

    Raises:
        ValueError: If ``n`` is no integer >= 1.

    Example:
        >>> Grid(n=2)(np.zeros((2, 3, 3), np.uint8), 'a.png')[..., 0]
        array([[0, 0, 1],
               [2, 2, 3]], dtype=int32)
    """

    def __init__(self, n: int = 5) -> None:
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f'Grid: n is {n!r}, but the image is cut into n x n cells: give an integer >= 1')
        self.n = n
        self.options: dict[str, Any] = {'method': 'grid', 'n': n}

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Numbers the cells in raster order.

        Args:
            image: (H, W, 3), uint8, BGR.
            name: What to call the image in errors.

        Returns:
            (H, W, 1), int32, below n * n.

        Raises:
            ValueError: If the image is none.
        """
        check_image(image, name)
        rows, columns = (np.arange(side) * self.n // side for side in image.shape[:2])
        return stack_planes([rows[:, None] * self.n + columns])
