"""Regions that take no time to make and differ from image to image."""

import numpy as np

from mmdecon.regions import stack_planes


class Stripes:
    """Cuts an image into stripes, in 1 to 3 planes by the image's size, with a corner that is no region."""

    def __init__(self, width: int = 5) -> None:
        self.options = dict(method='stripes', width=width)

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        height, width = image.shape[:2]
        rows, columns = np.mgrid[:height, :width]
        planes = [columns // self.options['width'], rows // 3 * 20 + columns // 9, (rows + columns) // 4]
        planes[0][:3, :3] = -1
        return stack_planes(planes[: 1 + height % 3])
