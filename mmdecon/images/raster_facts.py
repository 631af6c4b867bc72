"""What headers of image files tell, and whether files are alike.

Shapes: H x W an image in pixels, C channels.
"""

from typing import NamedTuple

from ..texts import shown
from .crops import Box


class Facts(NamedTuple):
    """What the header of a file tells, after ``bands`` were chosen.

    Attributes:
        shape: (H, W) of a page.
        channels: C.
        dtype: Of the pixels.
        pages: How many images it holds.
        slices: How many pages in a row are neighbours in a volume.
        series: What names the volume that it is a slice of, or None.
        place: What orders the slices of a series: the position in millimetres, if known, and the number.
        has_range: Whether it is known which values its pixels may have.
        empty: Page and window, or None for all of a page, of what was decoded and has no pixel with a value.
    """

    shape: tuple[int, int]
    channels: int
    dtype: str
    pages: int
    slices: int
    series: str | None
    place: tuple[float | None, int]
    has_range: bool = True
    empty: frozenset[tuple[int, Box | None]] = frozenset()


class Alike:
    """Refuses files whose channels or dtype are not those of the first."""

    def __init__(self) -> None:
        self._first: tuple[str, Facts] | None = None

    def require(self, path: str, facts: Facts) -> None:
        """Compares a file with the first one.

        Args:
            path: The file.
            facts: What its header tells.

        Raises:
            ValueError: If they differ; names both.
        """
        if self._first is None:
            self._first = path, facts
        other, first = self._first
        if (facts.channels, facts.dtype) != (first.channels, first.dtype):
            raise ValueError(
                f'{shown(path)} has {facts.channels} channels of {facts.dtype}, {shown(other)} has {first.channels} of '
                f'{first.dtype}: a run needs the same of all; choose channels by LoadRaster.bands, convert files, or '
                'name folders of one kind'
            )
