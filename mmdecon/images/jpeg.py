"""JPEG files, decoded at full resolution or, where the crops need fewer pixels, at a fraction of it.

Shapes: H x W the image after its EXIF orientation is applied, h x w a view, both in pixels; k the reduction factor.
"""

from collections.abc import Sequence
from io import BytesIO

import cv2
import numpy as np
from PIL.JpegImagePlugin import JpegImageFile

from .crops import Box
from .encoded import Encoded
from .errors import unreadable
from .header import refuse_oversized
from .orientation import SIDEWAYS, read_orientation, turn

REDUCTIONS = (8, 4, 2)  # scaled decoding: the decoder skips the high frequencies of each 8 x 8 block

MARK = b'\xff\xd8'  # the first bytes of every JPEG file


class EncodedImage(Encoded):
    """A JPEG file of which only the header has been read.

    Args:
        content: The bytes of the file.
        path: Its path, for error messages.

    Attributes:
        shape: (H, W).

    Raises:
        UnreadableImage: If the header cannot be read, or tells of more pixels than allowed.
    """

    def __init__(self, content: bytes, path: str) -> None:
        self.content, self.path = content, path
        file = self._open()
        refuse_oversized(*file.size, path)
        self.orientation = read_orientation(file)
        super().__init__(path, file.size if self.orientation in SIDEWAYS else file.size[::-1])

    def _open(self) -> JpegImageFile:
        """Reads the header."""
        try:
            return JpegImageFile(BytesIO(self.content))
        except Exception as error:  # on damaged bytes Pillow raises nearly anything
            raise unreadable(self.path, error) from error

    def decode(self, reduction: int = 1) -> np.ndarray:
        """Decodes the file with Pillow: OpenCV before 4.12 fills missing parts with grey instead of failing.

        Args:
            reduction: k: 1, 2, 4 or 8.

        Returns:
            (H / k, W / k, 3), rounded up, uint8, BGR. Each pixel is a low-pass of k x k source pixels.

        Raises:
            UnreadableImage: If the file is damaged.
        """
        file = self._open()
        try:
            if reduction > 1:
                file.draft('RGB', (file.width // reduction, file.height // reduction))
            rgb = file if file.mode == 'RGB' else file.convert('RGB')  # which copies
            return turn(cv2.cvtColor(np.asarray(rgb), cv2.COLOR_RGB2BGR), self.orientation)
        except Exception as error:  # as above
            raise unreadable(self.path, error) from error

    def cut(self, boxes: Sequence[Box], size: tuple[int, int]) -> tuple[list[Box], list[np.ndarray]]:
        """Crops the image, decoded at the lowest resolution that the crops allow.

        Args:
            boxes: Crops in pixels of the full image.
            size: (h, w), the size that the crops will be resized to.

        Returns:
            The boxes, whose edges are rounded down to multiples of k, and the crops. Each crop has exactly the
            pixels of its box. It has at least h x w of them, unless the box itself is smaller.

        Raises:
            UnreadableImage: If the file is damaged.
        """
        k = _reduction(boxes, size)
        image = self.decode(k)
        coarse = [(box[0] // k, box[1] // k, box[2] // k, box[3] // k) for box in boxes]
        crops = [image[top:bottom, left:right] for left, top, right, bottom in coarse]
        return [(box[0] * k, box[1] * k, box[2] * k, box[3] * k) for box in coarse], crops


def _reduction(boxes: Sequence[Box], size: tuple[int, int]) -> int:
    """Finds the largest reduction at which every crop still has as many pixels as the view."""
    width = min(right - left for left, _, right, _ in boxes)
    height = min(bottom - top for _, top, _, bottom in boxes)
    return next((k for k in REDUCTIONS if height >= k * size[0] and width >= k * size[1]), 1)
