"""Lists of many files in little memory, as samples of a dataset.

A list of ten million dicts takes gigabytes, in each of the workers that touch it; here the names are one text.
"""

import os
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

Sample = dict[str, Any]


class Names(Sequence[str]):
    """Texts, one behind the other in one piece of memory.

    Args:
        texts: The texts; read once.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        ends, blob = array('q', [0]), bytearray()
        for text in texts:
            blob += os.fsencode(text)
            ends.append(len(blob))
        self._blob, self._ends = bytes(blob), np.frombuffer(ends, np.int64)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        """A text, or some."""
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        place = range(len(self))[index]
        return os.fsdecode(self._blob[self._ends[place] : self._ends[place + 1]])


class SampleList(Sequence[Sample]):
    """Samples that are made when they are asked for.

    A subclass makes the sample of a position. A part of a list keeps the positions, which are the ``number`` of its
    samples.

    Args:
        count: Positions.
    """

    def __init__(self, count: int) -> None:
        self._kept: Sequence[int] | np.ndarray = range(count)

    def make(self, position: int) -> Sample:
        """The sample at a position of the whole list."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> 'SampleList': ...

    def __getitem__(self, index: int | slice) -> 'Sample | SampleList':
        """A sample, with its ``number``, or some of them as a list of the same kind."""
        if isinstance(index, slice):
            return self.keep(range(len(self))[index])
        position = int(self._kept[index])
        return dict(self.make(position), number=position)

    def keep(self, indices: Iterable[int]) -> 'SampleList':
        """The samples of some indices, which share the names with this list."""
        part = object.__new__(type(self))
        part.__dict__.update(self.__dict__, _kept=np.asarray(self._kept)[np.fromiter(indices, np.int64)])
        return part


class FileList(SampleList):
    """Files below folders, each once, also where several paths or links lead to its folder.

    The first path to a file is kept. A link to a file counts as a file of its own. Samples have ``img_path`` and
    ``name``, the path below its folder, with forward slashes.

    Args:
        found: Folder -> relative paths.
    """

    def __init__(self, found: Mapping[str, Sequence[str]]) -> None:
        self._folders, self._starts = list(found), [0]
        shared = _shared_parents(found)
        seen: set[tuple[str, str]] = set()

        def names() -> Iterator[str]:
            count = 0
            for folder, files in found.items():
                for name in files:
                    if not shared or _is_first(folder, name, shared, seen):
                        count += 1
                        yield name
                self._starts.append(count)

        self._names = Names(names())
        super().__init__(len(self._names))

    def make(self, position: int) -> Sample:
        """``img_path`` and ``name``."""
        name = self._names[position]
        folder = self._folders[bisect_right(self._starts, position) - 1]
        return dict(img_path=os.path.join(folder, name), name=name.replace(os.sep, '/'))


def _shared_parents(found: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Parents of files that have another name, too -> their real path."""
    parents = {
        os.path.join(folder, parent)
        for folder, names in found.items()
        for parent in {os.path.split(name)[0] for name in names}
    }
    real = {os.path.normpath(parent): os.path.realpath(parent) for parent in parents}
    times = Counter(real.values())
    return {parent: path for parent, path in real.items() if times[path] > 1 or _is_listed_twice(parent, found)}


def _is_listed_twice(parent: str, found: Mapping[str, Iterable[str]]) -> bool:
    """Whether a folder lies in two of those that were searched."""
    return sum(parent == folder or parent.startswith(os.path.join(folder, '')) for folder in found) > 1


def _is_first(folder: str, name: str, shared: Mapping[str, str], seen: set[tuple[str, str]]) -> bool:
    """Whether a file has not been seen under another path."""
    parent, base = os.path.split(os.path.join(folder, name))
    if parent not in shared:
        return True
    key = shared[parent], base
    is_first = key not in seen
    seen.add(key)
    return is_first
