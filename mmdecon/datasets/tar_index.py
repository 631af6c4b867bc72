"""Where the images of a tar shard are: found once, kept beside it."""

import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from ..files import writing
from ..images.errors import UnreadableImage
from ..texts import shown

SUFFIX = '.mmdecon.npz'


class TarIndex(NamedTuple):
    """The images of a shard, in its order.

    Attributes:
        names: Of the members, (N,), str.
        offsets: Bytes before each, (N,), int64.
        sizes: Bytes of each, (N,), int64.
    """

    names: np.ndarray
    offsets: np.ndarray
    sizes: np.ndarray


def read_index(path: str, extensions: Sequence[str]) -> TarIndex:
    """Lists the images of a shard, from the index beside it, which is made where it lacks or is of another content.

    Args:
        path: The shard, a tar that is not compressed.
        extensions: Of images, lower case; what follows the first dot of a member's name, as webdataset has it.

    Raises:
        UnreadableImage: If it is no such tar, or is cut short; names the last member that is whole.
        ValueError: If it is a folder, has no image, or two of one key.
    """
    beside, stamp = Path(path + SUFFIX), _stamp(path)
    index = _load(beside, stamp)
    if index is None:
        index = _scan(path)
        if os.access(beside.parent, os.W_OK):
            with writing(beside) as temporary, open(temporary, 'wb') as file:
                np.savez(file, stamp=stamp, **index._asdict())
    chosen = np.array([_extension(name) in extensions for name in index.names], bool)
    images = TarIndex(*(field[chosen] for field in index))
    _require_keys(images.names, path, extensions)
    return images


def _stamp(path: str) -> np.ndarray:
    """What changes with a file's content: its size, and when it was written."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise FileNotFoundError(f'{shown(path)} (dataset.shards) cannot be read: {error.strerror}') from error
    if not S_ISREG(found.st_mode):
        raise ValueError(
            f'{shown(path)} (dataset.shards) is a folder, or no file: name the tars, such as '
            f"'{shown(path.rstrip('/'))}/{{000000..000099}}.tar'; unpacked images are read by mmdecon.ImageFolder"
        )
    return np.array([found.st_size, found.st_mtime_ns])


def _load(beside: Path, stamp: np.ndarray) -> TarIndex | None:
    """An index, unless there is none for this content."""
    if not beside.is_file():
        return None
    try:
        with np.load(beside, allow_pickle=False) as found:
            if np.array_equal(found['stamp'], stamp):
                return TarIndex(*(found[field] for field in TarIndex._fields))
    except (OSError, ValueError, KeyError, BadZipFile):  # damaged: it is made anew
        pass
    return None


def _scan(path: str) -> TarIndex:
    """Reads all headers of a tar."""
    found = list(_members(path))
    names, offsets, sizes = zip(*found) if found else ((), (), ())
    return TarIndex(np.array(names, str), np.array(offsets, np.int64), np.array(sizes, np.int64))


def _members(path: str) -> Iterator[tuple[str, int, int]]:
    """Name, offset and size of each file in a tar."""
    last, end = 'nothing', os.path.getsize(path)
    try:
        with tarfile.open(path, 'r:', errorlevel=2) as tar:
            for member in tar:
                if member.offset_data + member.size > end:
                    raise UnreadableImage(f'{shown(path)} is cut short in {member.name!r}; repair or remove the shard')
                if member.isfile():
                    yield member.name, member.offset_data, member.size
                last = member.name
    except tarfile.TarError as error:
        raise UnreadableImage(
            f'{shown(path)} cannot be read as a tar behind {last!r}: {error}; repair or remove the shard, or unpack '
            'one that is compressed'
        ) from error
    if not _ends(path):
        raise UnreadableImage(f'{shown(path)} is cut short behind {last!r}; repair or remove the shard')


def require_whole_tar(path: str, name: str) -> None:
    """Refuses what is no tar, such as a page that says that there is none, or the start of one.

    Args:
        path: The file.
        name: What it is a copy of, for the message.

    Raises:
        UnreadableImage: If so.
    """
    if not tarfile.is_tarfile(path) or not _ends(path):
        raise UnreadableImage(f'what {shown(name)} (dataset.shards) gives is no whole tar')


def _ends(path: str) -> bool:
    """Whether a tar ends with a block of zeros, as all do."""
    with open(path, 'rb') as file:
        file.seek(max(0, os.path.getsize(path) - tarfile.BLOCKSIZE))
        return file.read() == bytes(tarfile.BLOCKSIZE)


def _extension(name: str) -> str:
    """What follows the first dot of a member's name, with the dot, lower case; empty for hidden ones.

    Examples:
        >>> _extension('a.b/0001.seg.PNG')
        '.seg.png'
    """
    base = name.rpartition('/')[2]
    return '' if base.startswith('.') else ''.join(base.partition('.')[1:]).lower()


def _require_keys(names: np.ndarray, path: str, extensions: Sequence[str]) -> None:
    """Refuses a shard without images, or with two of one key."""
    if not len(names):
        raise ValueError(
            f'{shown(path)} (dataset.shards) has no images: no member ends in {", ".join(extensions)} behind the first '
            'dot of its name; name theirs in dataset.extensions'
        )
    keys: dict[str, str] = {}
    for name in map(str, names):
        key = name[: len(name) - len(_extension(name))]
        if key in keys:
            raise ValueError(
                f'{shown(path)} has two images of one sample, {keys[key]!r} and {name!r}: name the endings of one in '
                'dataset.extensions'
            )
        keys[key] = name
