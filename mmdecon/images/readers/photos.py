"""Ordinary photos: JPEG by Pillow, the other formats by OpenCV, with all bits and channels of the file.

Shapes: H x W an image in pixels after its orientation is applied, C channels.
"""

from io import BytesIO
from struct import unpack_from

import cv2
import numpy as np
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ..errors import unreadable
from ..header import PNG_MARK, Header, read_header
from ..jpeg import REDUCTIONS
from ..orientation import PNG_SIGNS, SIDEWAYS, read_orientation, turn
from ..png import find_overlong
from .base import WholeSource

BITS_AT, COLOURS_AT = 24, 25  # bytes of a PNG's header
PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by its type of colours; a palette becomes RGB
PALETTE, GREY_ALPHA = 3, 4
# Of what OpenCV returns, the channels as they are in the file: it reverses colours, and repeats grey before alpha.
ORDERS = {1: [0], 2: [0, 3], 3: [2, 1, 0], 4: [2, 1, 0, 3]}


class JpegSource(WholeSource):
    """A JPEG file: grey or RGB, as it is stored; CMYK is converted to RGB."""

    levels = (1, *REDUCTIONS[::-1])

    def _read_header(self) -> None:
        with self._open() as file:
            header = read_header(file, self.path)
            if header is None:
                raise unreadable(self.path, 'its header is damaged')
            self._turned = read_orientation(header.image)
            width, height = header.image.size
            self._mode = 'L' if header.image.mode == 'L' else 'RGB'
        self.shape = (width, height) if self._turned in SIDEWAYS else (height, width)
        self.channels = len(self._mode)

    def _decode(self, page: int, level: int) -> np.ndarray:
        k = self.levels[level]
        with self._open() as file:
            image = JpegImageFile(file)
            if k > 1:
                image.draft(self._mode, (image.width // k, image.height // k))
            pixels = np.asarray(image if image.mode == self._mode else image.convert(self._mode))
        return turn(pixels.reshape(*pixels.shape[:2], self.channels), self._turned)


class PhotoSource(WholeSource):
    """A file that OpenCV reads: PNG, WebP, BMP, PGM, PPM. 16-bit values keep all bits, alpha is the last channel."""

    def _read_header(self) -> None:
        if self.content is None:
            with self._open() as file:
                self.content = file.read()
        header = read_header(BytesIO(self.content), self.path)
        if header is None:
            raise unreadable(self.path, 'its header is damaged')
        self._turned = self._orientation(header)
        width, height = header.image.size
        self.shape = (width, height) if self._turned in SIDEWAYS else (height, width)
        if isinstance(header.image, PngImageFile):
            self._read_png(self.content)
        elif isinstance(header.image, WebPImageFile):
            self.channels = len(header.image.mode)
        else:  # small formats, of whose headers OpenCV alone knows what it makes
            pixels = self._decode(0, 0)
            self.channels, self.dtype = pixels.shape[2], pixels.dtype

    def _orientation(self, header: Header) -> int:
        """Of a PNG, Pillow decodes the pixels to find the tags; so it is asked only where there are any."""
        assert self.content is not None  # as it was read
        has_tags = not isinstance(header.image, PngImageFile) or any(sign in self.content for sign in PNG_SIGNS)
        return read_orientation(header.image) if has_tags else 1

    def _read_png(self, content: bytes) -> None:
        """Channels and dtype of a PNG."""
        overlong = find_overlong(content)
        if overlong is not None:
            raise unreadable(self.path, f'it is cut short, or damaged at byte {overlong}')
        bits, colours = unpack_from('BB', content, BITS_AT)
        has_alpha = colours == PALETTE and b'tRNS' in content[: content.find(b'IDAT')]
        self.channels = 4 if has_alpha else PNG_CHANNELS[colours]
        self.dtype = np.dtype('uint16' if bits == 16 else 'uint8')

    def _decode(self, page: int, level: int) -> np.ndarray:
        assert self.content is not None  # as it was read
        pixels = cv2.imdecode(np.frombuffer(self.content, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise unreadable(self.path, 'it is damaged, or of a kind that OpenCV does not know')
        pixels = pixels.reshape(*pixels.shape[:2], -1)
        is_png = self.content.startswith(PNG_MARK)
        order = ORDERS[self.channels if is_png else pixels.shape[2]]
        if pixels.shape[2] != len(order) or order != sorted(order):
            pixels = pixels[..., order]
        return turn(pixels, self._turned)
