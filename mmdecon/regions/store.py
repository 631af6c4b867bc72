"""Reads the regions of many images from one file.

Shapes: H x W an image in pixels, S its planes, N images.
"""

import mmap
import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..images.reading import UnreadableImage
from .by_name import FoundByName, refuse_second
from .coding import DamagedRecord, Summary, decode, summarise
from .file_format import PLACE, canonical, read_preamble, read_trailer, to_key, to_name


class RegionStore(FoundByName):
    """Regions of N images in one file, made by ``tools/regions.py``. An image is found by its name.

    The file is memory-mapped: opening takes the same time for any N, a look-up needs log2(N) comparisons, and all
    processes of a machine share its pages. A store can be pickled; the receiving process maps the file again.

    Args:
        path: The file, on a local or mounted disk.
        options: The generator options that the store must have been made with; None accepts any.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is not a complete region store, or was made with other options.
    """

    def __init__(self, path: str, options: dict[str, Any] | None = None) -> None:
        self.path = os.path.expanduser(path)
        self._open()
        if options is not None and canonical(options) != canonical(self.options):
            raise ValueError(
                f'{self.path} was made with the options {canonical(self.options)}, but {canonical(options)} are '
                "required: make another store with these, or set the generator's options to those of the store"
            )

    def _open(self) -> None:
        """Maps the file into memory."""
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
        """Pickles the path, and the header by which the file is recognised."""
        return dict(path=self.path, about=self._about)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Maps the file in this process.

        Raises:
            ValueError: If the file was replaced by another store.
        """
        self.path = state['path']
        self._open()
        if self._about != state['about']:
            raise ValueError(f'{self.path} was replaced by another store while in use: start again')

    @property
    def options(self) -> dict[str, Any]:
        """Options of the generator."""
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
        """Number of ``regions``, of images without regions (``empty``), and of unreadable images (``absent``)."""
        return {key: self._about[key] for key in ('regions', 'empty', 'absent')}

    def __len__(self) -> int:
        return int(self._about['images'])

    def __iter__(self) -> Iterator[str]:
        """Iterates over all names, in the order of the store."""
        return (to_name(self._key(number)) for number in range(len(self)))

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def place_of(self, name: str, path: str) -> str:
        """The record of an image; see the base class."""
        self._number(name)
        return f'{name} in {self.path}'

    def require_own(self, images: Iterable[tuple[str, str]]) -> None:
        """Checks that each image has a record, which no other image has; see the base class.

        It reads all names once, twenty times as fast as one look-up after the other.
        """
        known, owners = set(self), dict[str, str]()
        for name, path in images:
            if name not in known:
                self._number(name)
            refuse_second(owners.setdefault(name, path), path, f'{name} in {self.path}')

    def require_regions(self, names: Iterable[str]) -> None:
        """Checks that there is something to learn from.

        Args:
            names: The images to learn from.

        Raises:
            ValueError: If none of them has a region.
        """
        if not any(self.summary(name).regions for name in names):
            raise ValueError(
                f'{self.path} has no region of any of the images, so that there is nothing to learn from: make it '
                'again, with annotations of these images'
            )

    def summary(self, name: str) -> Summary:
        """Reads H, W, S and the number of regions of an image, without decoding the regions.

        Raises:
            ValueError: If the image is not in the store.
        """
        return summarise(self._record(self._number(name)))

    def read(self, name: str, size: tuple[int, int] | None = None) -> np.ndarray:
        """Reads the regions of an image.

        Args:
            name: The image's path below the folder that the store was made from, with forward slashes.
            size: Expected (H, W); None accepts any.

        Returns:
            (H, W, S), int32, exactly the ids that the generator made.

        Raises:
            UnreadableImage: If the image could not be read when the store was made.
            ValueError: If the store is damaged, or the image is not in it or has another size there.
        """
        number = self._number(name)
        try:
            regions = decode(self._record(number))
        except DamagedRecord as error:
            raise ValueError(f'{self.path} is damaged, the record of {name} {error}: make it again') from error
        if isinstance(regions, str):
            raise UnreadableImage(f'{self.path} has no regions of {name}: the image could not be read: {regions}')
        if size is not None and regions.shape[:2] != tuple(size):
            raise ValueError(
                f'{name} has {size[0]} x {size[1]} pixels, but its regions in {self.path} have '
                f'{regions.shape[0]} x {regions.shape[1]}: make the store from the same images that are loaded'
            )
        return regions

    def _number(self, name: str) -> int:
        """Finds the position of a name, or raises an error."""
        number = self._find(name)
        if number is None:
            first = to_name(self._key(0))
            raise ValueError(
                f'{self.path} has no regions of {name}, only those of {len(self)} other images such as {first}: '
                'names are paths below the folder that the store was made from'
            )
        return number

    def _find(self, name: str) -> int | None:
        """Finds the position of a name by binary search, or returns None."""
        key, low, high = to_key(name), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._key(middle) < key:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._key(low) == key else None

    def _key(self, number: int) -> bytes:
        """Reads the encoded name at a position."""
        start = self._about['names'][0]
        return self._map[start + int(self._name_places[number]) : start + int(self._name_places[number + 1])]

    def _record(self, number: int) -> bytes:
        """Reads the record at a position."""
        return self._map[int(self._record_places[number]) : int(self._record_places[number + 1])]
