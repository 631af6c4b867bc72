"""A dataset of images in tar shards, as webdataset has them."""

import os
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from mmengine.logging import print_log

from ..addresses import scheme_of
from ..compat import require
from ..files import writing
from ..images.errors import UnreadableImage, unreadable
from ..images.listing import IMAGE_EXTENSIONS, as_paths
from ..registry import DATASETS
from ..texts import shown
from .file_list import Names, Sample, SampleList
from .image_folder import ImageFolder
from .tar_index import read_index, require_whole_tar

PIPE = 'pipe:'


@DATASETS.register_module()
class ShardedImages(ImageFolder):
    """All images in tar shards in WebDataset's format, each found by its place, as a file in a folder is.

    Draws, resuming and the spread over processes and workers are those of :class:`ImageFolder`: any sampler gives
    indices. Where a member is stands in an index beside its shard (``SHARD.mmdecon.npz``), made at the first use. A
    sample's ``name`` is the member's; two shards have none in common.

    Args:
        shards: Paths or addresses, ``~`` and braces included: ``'train-{000000..000146}.tar'``. Their order is kept.
            Addresses are what webdataset opens: ``https://``, ``gs://``, ``hf://``, ``ais://``, ``sftp://``, or
            ``pipe:COMMAND``, such as ``pipe:aws s3 cp s3://BUCKET/train.tar -``.
        pipeline: Transforms, which begin with ``LoadImage`` or ``LoadRaster``.
        cache_dir: Folder for copies of shards that are not local, which are fetched whole before training, once for
            all processes of a machine that share it. Needed for addresses.
        data_root: Root folder of relative ``shards``; empty for the working directory.
        extensions: Of images, upper or lower case: what follows the first dot of a member's name. Other members are
            left alone.
        unreadable: See :class:`ImageFolder`; a shard that is cut short is always an error.
        check: See :class:`ImageFolder`.
        indices: See :class:`ImageFolder`.
        lazy_init: See :class:`ImageFolder`.

    Raises:
        FileNotFoundError: If a shard does not exist.
        ModuleNotFoundError: If braces or addresses need webdataset, which is not installed.
        UnreadableImage: If a shard is damaged, or ``check`` finds unreadable images and ``unreadable`` is ``stop``.
        ValueError: If there are no images, an argument is invalid, or two images have one name.
    """

    def __init__(
        self,
        shards: str | Sequence[str],
        pipeline: Sequence[dict | Callable] = (),
        cache_dir: str | None = None,
        data_root: str = '',
        extensions: str | Sequence[str] = IMAGE_EXTENSIONS,
        unreadable: str = 'stop',
        check: bool | str = True,
        indices: int | Sequence[int] | None = None,
        lazy_init: bool = False,
    ) -> None:
        self.cache_dir = None if cache_dir is None else os.path.expanduser(cache_dir)
        shards = [shard for given in as_paths(shards, 'shards') for shard in _expand(given)]
        if not shards:
            raise ValueError('dataset.shards is empty: name at least one tar')
        super().__init__(shards, pipeline, data_root, None, extensions, unreadable, check, indices, lazy_init)

    def load_data_list(self) -> Sequence[Sample]:
        """Finds the images; mmengine calls it.

        Returns:
            Samples with ``img_path`` (``SHARD::MEMBER``), ``name``, ``number``, ``shard``, ``offset`` and ``size``.
        """
        shards = [self._local(shard) for shard in self.folders]
        samples = MemberList(shards, [extension.lower() for extension in self.extensions])
        print_log(f'{len(samples)} images in {len(shards)} shards', 'current')
        self._expect(len(samples))
        return samples

    def content_of(self, sample: Mapping[str, Any]) -> bytes:
        """Reads a member.

        Args:
            sample: Of the list.

        Raises:
            UnreadableImage: If it cannot be read, or not all of it.
        """
        try:
            with open(sample['shard'], 'rb') as file:
                file.seek(sample['offset'])
                content = file.read(sample['size'])
        except OSError as error:
            raise unreadable(sample['img_path'], error) from error
        if len(content) < sample['size']:
            raise unreadable(sample['img_path'], 'its shard is cut short')
        return content

    def _local(self, shard: str) -> str:
        """A shard on a local disk; fetched if it is elsewhere."""
        if not _is_address(shard):
            return self._locate(shard)
        if self.cache_dir is None:
            raise ValueError(
                f'{shown(shard)} (dataset.shards) is not local: set dataset.cache_dir, a folder for copies'
            )
        return fetch(shard, self.cache_dir)


class MemberList(SampleList):
    """Members of tars.

    Args:
        shards: Their paths.
        extensions: Of images, lower case.

    Raises:
        UnreadableImage: If a shard is damaged.
        ValueError: If one has no images, or two images have one name.
    """

    def __init__(self, shards: Sequence[str], extensions: Sequence[str]) -> None:
        found = [read_index(shard, extensions) for shard in shards]
        self._shards, counts = list(shards), [len(index.names) for index in found]
        self._names = Names(str(name) for index in found for name in index.names)
        self._offsets = np.concatenate([index.offsets for index in found])
        self._sizes = np.concatenate([index.sizes for index in found])
        self._owners = np.repeat(np.arange(len(shards), dtype=np.int32), counts)
        super().__init__(len(self._names))
        self._require_own_names()

    def make(self, position: int) -> Sample:
        """What finds a member."""
        shard, name = self._shards[self._owners[position]], self._names[position]
        place = dict(offset=int(self._offsets[position]), size=int(self._sizes[position]))
        return dict(img_path=f'{shard}::{name}', name=name, shard=shard, **place)

    def _require_own_names(self) -> None:
        """Refuses two members of one name, by which regions would be found; by their hashes, which are small."""
        hashes = np.fromiter((hash(name) for name in self._names), np.int64, len(self._names))
        order = np.argsort(hashes, kind='stable')
        for i in np.flatnonzero(np.diff(hashes[order]) == 0):
            one, other = (self.make(int(order[i + k])) for k in (0, 1))
            if one['name'] == other['name']:
                raise ValueError(
                    f'two images are named {one["name"]!r}, in {shown(one["shard"])} and {shown(other["shard"])} '
                    '(dataset.shards): give each a name of its own, or name each shard once'
                )


def fetch(address: str, folder: str) -> str:
    """Copies a shard to a local disk, whole, unless it is there.

    Args:
        address: What webdataset opens.
        folder: For the copies, which are named after their addresses.

    Raises:
        UnreadableImage: If it cannot be read.
    """
    require('webdataset')
    from webdataset.gopen import gopen  # by need: it is optional

    base = ''.join(c if c.isalnum() or c in '.-' else '_' for c in address)[-100:]
    path = os.path.join(folder, f'{sha256(address.encode()).hexdigest()[:12]}-{base}')
    if os.path.exists(path):
        return path
    print_log(f'{shown(address)} is copied to {shown(path)}', 'current')
    try:
        with writing(path) as temporary, gopen(address) as source, open(temporary, 'wb') as target:
            while block := source.read(2**20):
                target.write(block)
            target.flush()
            require_whole_tar(temporary, address)
    except UnreadableImage:
        raise
    except (OSError, ValueError) as error:
        told = f'{shown(address)} (dataset.shards) cannot be copied to {shown(path)}: {error}'
        raise UnreadableImage(told) from error
    return path


def _is_address(shard: str) -> bool:
    return bool(scheme_of(shard)) or shard.startswith(PIPE)


def _expand(given: str) -> list[str]:
    """The shards that a path with braces stands for."""
    if '{' not in given:
        return [given]
    require('webdataset')
    from webdataset.shardlists import expand_urls  # by need: it is optional

    return list(expand_urls(given))
