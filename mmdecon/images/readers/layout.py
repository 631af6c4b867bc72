"""Which axes of a file are the image, which are channels and which are pages.

Axes have the letters of OME: Y and X the image, C and S channels (S are samples of one pixel), Z slices, T times. Any
other letter is an axis of which a file does not tell what it is.

Shapes: H x W an image in pixels, P pages, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ...texts import shown

CHANNEL_AXES, PAGE_AXES = 'CS', 'ZT'
CHOICES = dict(pages=(None, 'images', 'channels', 'first'), white_is_zero=('invert', 'keep'))


class AmbiguousImage(ValueError):
    """A file can be read in several ways; the message names it and the option that decides."""


@dataclass(frozen=True)
class Layout:
    """How files are read where they do not tell; options of :class:`~mmdecon.images.raster.LoadRaster`.

    Args:
        pages: What the pages of a file are: ``images``, ``channels`` of one image, or ``first``, which reads the first
            alone. None: what the file says; files that do not say are refused.
        axes: Letters of the axes of arrays, such as ``YXC``. None: (H, W), and (H, W, C) with at most 4 channels.
        key: Which array of an ``.npz`` file; None where it has only one.
        white_is_zero: ``invert`` or ``keep`` the values of grey files whose lowest value is white (TIFF's MinIsWhite,
            DICOM's MONOCHROME1).

    Raises:
        ValueError: If an option is invalid.
    """

    pages: str | None = None
    axes: str | None = None
    key: str | None = None
    white_is_zero: str = 'invert'

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f'LoadRaster.{name}={getattr(self, name)!r}: give one of {", ".join(map(str, choices))}'
                )
        axes = self.axes
        if axes is not None and not ({'Y', 'X'} <= set(axes) <= set('YXCSZT') and len(set(axes)) == len(axes)):
            raise ValueError(
                f"LoadRaster.axes={axes!r}: give the letters of the array's axes, such as 'YXC' or 'ZYX': Y and X the "
                'image, C or S channels, Z slices, T times; each at most once'
            )

    def planes(self, axes: str, lengths: Sequence[int], path: str) -> np.ndarray:
        """Sorts the planes of a file into pages and channels.

        Args:
            axes: Letters of the axes but Y and X, outermost first.
            lengths: Of these axes.
            path: The file, for messages.

        Returns:
            (P, C), the numbers of the planes, counted along the axes as C counts.

        Raises:
            AmbiguousImage: If the file does not tell what an axis is, and no option does.
        """
        numbers = np.arange(prod(lengths)).reshape(tuple(lengths))
        are_pages = [self._is_page(axis, length, axes, path) for axis, length in zip(axes, lengths)]
        order = sorted(range(len(axes)), key=lambda axis: not are_pages[axis])  # pages first, else in their order
        count = prod(length for length, is_page in zip(lengths, are_pages) if is_page)
        numbers = numbers.transpose(order).reshape(count, -1)
        return numbers[:1] if self.pages == 'first' else numbers

    def slices(self, axes: str, lengths: Sequence[int]) -> int:
        """How many pages in a row are neighbours: the length of the innermost axis of pages."""
        if self.pages in ('channels', 'first'):
            return 1
        return next((n for axis, n in zip(axes[::-1], lengths[::-1]) if axis not in CHANNEL_AXES and n > 1), 1)

    def _is_page(self, axis: str, length: int, axes: str, path: str) -> bool:
        """Whether an axis is of pages, and not of channels."""
        if axis in CHANNEL_AXES or self.pages == 'channels':
            return False
        if axis not in PAGE_AXES and self.pages is None and length > 1:
            raise AmbiguousImage(
                f'{shown(path)} has {length} pages (axes {axes}YX) and does not tell what they are: set '
                "LoadRaster.pages='images', 'channels' or 'first'"
            )
        return True
