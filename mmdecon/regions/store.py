"""Reading regions of many images from one file.

Shapes: H x W an image in pixels, S its planes, N images.
"""

import mmap
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from .coding import DamagedRecord, Summary, decode, summarise
from .file_format import PLACE, canonical, read_preamble, read_trailer, to_key, to_name


class RegionStore:
    """Regions of N images in one file, made by ``tools/regions.py`` and found by the images' names.

    The file is mapped into memory, not read: opening costs the same for any N, a look-up log2(N) comparisons, and all
    processes of a machine share its pages. It can be pickled; the process that it comes to maps the file for itself.

    Args:
        path: The file, on a local or mounted disk.
        options: The options of the generator that must have made it; None takes any.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no whole store, or was made with other options.
    """

    def __init__(self, path: str, options: dict[str, Any] | None = None) -> None:
        self.path = os.path.expanduser(path)
        self._open()
        if options is not None and canonical(options) != canonical(self.options):
            raise ValueError(
                f'{self.path} was made with the options {canonical(self.options)}, but {canonical(options)} are asked '
                'for: make a store of its own for them, or ask for those that it was made with'
            )

    def _open(self) -> None:
        """Maps the file."""
        if not os.path.isfile(self.path):
            raise FileNotFoundError(f'there is no store of regions at {self.path}: make it with tools/regions.py')
        with open(self.path, 'rb') as file:
            self._about, _ = read_preamble(file, self.path)
            trailer = read_trailer(file, self.path)
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._about.update(trailer)
        self._name_places, self._record_places = (
            np.frombuffer(self._map, PLACE, trailer[key][1] // PLACE.itemsize, trailer[key][0])
            for key in ('name_places', 'record_places')
        )

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: the path, and by what the file is known again."""
        return dict(path=self.path, about=self._about)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Maps the file in this process.

        Raises:
            ValueError: If another file has taken its place.
        """
        self.path = state['path']
        self._open()
        if self._about != state['about']:
            raise ValueError(f'{self.path} was replaced by another store while in use: start again')

    @property
    def options(self) -> dict[str, Any]:
        """The generator's options."""
        options: dict[str, Any] = self._about['options']
        return options

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the options, in hexadecimal digits."""
        return str(self._about['options_sha256'])

    @property
    def planes(self) -> int:
        """The largest S."""
        return int(self._about['planes'])

    @property
    def counts(self) -> dict[str, int]:
        """How many ``regions``, and how many images without any (``empty``) or that could not be read (``absent``)."""
        return {key: self._about[key] for key in ('regions', 'empty', 'absent')}

    def __len__(self) -> int:
        return int(self._about['images'])

    def __iter__(self) -> Iterator[str]:
        """All names, in their order."""
        return (to_name(self._key(number)) for number in range(len(self)))

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def summary(self, name: str) -> Summary:
        """H, W, S and the number of regions of an image, without reading them.

        Raises:
            ValueError: If the store does not hold it.
        """
        return summarise(self._record(self._number(name)))

    def read(self, name: str, size: tuple[int, int] | None = None) -> np.ndarray:
        """Reads the regions of an image.

        Args:
            name: Its path below the folder that the store was made from, with forward slashes.
            size: H and W that it must have.

        Returns:
            (H, W, S), int32, the very numbers that the generator made.

        Raises:
            ValueError: If the store does not hold the image, which may be as it could not be read when the store was
                made, or has it with another size, or is damaged.
        """
        number = self._number(name)
        try:
            regions = decode(self._record(number))
        except DamagedRecord as error:
            raise ValueError(f'{self.path} is damaged, the record of {name} {error}: make it anew') from error
        if isinstance(regions, str):
            raise ValueError(f'{self.path} has no regions of {name}, which could not be read then: {regions}')
        if size is not None and regions.shape[:2] != tuple(size):
            raise ValueError(
                f'{name} has {size[0]} x {size[1]} pixels, but its regions in {self.path} have '
                f'{regions.shape[0]} x {regions.shape[1]}: make the store from the very images that are loaded'
            )
        return regions

    def _number(self, name: str) -> int:
        """The place of a name in the order."""
        number = self._find(name)
        if number is None:
            first = to_name(self._key(0))
            raise ValueError(
                f'{self.path} holds no regions of {name}, only those of {len(self)} other images such as {first}: '
                'names are paths below the folder that the store was made from'
            )
        return number

    def _find(self, name: str) -> int | None:
        """Searches by halving."""
        key, low, high = to_key(name), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._key(middle) < key:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._key(low) == key else None

    def _key(self, number: int) -> bytes:
        """A name by its place in the order."""
        start = self._about['names'][0]
        return self._map[start + int(self._name_places[number]) : start + int(self._name_places[number + 1])]

    def _record(self, number: int) -> bytes:
        """A record by its place in the order."""
        return self._map[int(self._record_places[number]) : int(self._record_places[number + 1])]
