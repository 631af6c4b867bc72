"""A dataset of any folder of images for pre-training, without annotations or classes."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from ..images.errors import UnreadableImage
from ..images.listing import IMAGE_EXTENSIONS, as_paths
from ..images.load_image import LoadImage
from ..images.raster import LoadRaster
from ..images.raster_facts import Facts
from ..images.seeding import seeded
from ..images.storage import Storage
from ..registry import DATASETS
from ..texts import shown
from .file_checks import FileChecks, remedy
from .file_list import FileList, Sample
from .finding import find_on_disk, find_stored
from .load_regions import LoadRegions
from .sampler import Draw


@DATASETS.register_module()
class ImageFolder(BaseDataset):
    """All images below some folders, in an order that is the same on every machine.

    One class for all data without annotations: your own folder, COCO's ``train2017``, COCO+ (with ``unlabeled2017``),
    ImageNet-1K's ``train``, or VOC's ``JPEGImages`` with a list file. Folders are searched recursively; files and
    folders whose names begin with a dot are skipped. The pipeline begins with ``LoadImage``; ``unreadable`` says what
    happens when it raises :class:`UnreadableImage`.

    The indices of :class:`ViewSampler` carry a seed. With it, everything that the pipeline draws at random from
    Python's, NumPy's and torch's generators depends only on that seed, and the state of the generators is restored.

    Args:
        folders: One or several folders, absolute, ``~/``, or relative to ``data_root``. A file found twice counts once,
            also if paths or links to its folder differ.
        pipeline: Transforms, as in all of mmengine's datasets.
        data_root: Root folder of relative ``folders`` and ``list_file``; empty for the working directory.
        list_file: A text file that selects images, one per line: the path relative to its folder, with or without
            extension, as in VOC's ``ImageSets``. Each image must exist.
        extensions: File name extensions of images, upper or lower case.
        unreadable: What to do with damaged files and files that are not images. ``stop``: raise an error that names
            them. ``skip``: leave out the files that ``check`` finds, replace a file that fails when it is loaded by
            the next image, and warn once per file.
        check: Open the header of every file before training; unusual kinds of TIFF, BMP and WebP are decoded. Takes
            0.1 ms per file from a warm cache, much longer from a slow network disk. ``'pixels'`` decodes every file, so
            that damage anywhere is found before training.
        indices: Indices of the images to use, or the number of images from the start.
        lazy_init: List the folders at the first use instead of now.
        backend_args: Where files are, if not on a local disk: a back end of mmengine and its arguments, such as
            ``dict(backend='lmdb', db_path=...)`` or ``dict(backend='petrel')``. It lists ``folders``; one that cannot,
            as LMDB, reads what ``list_file``, a local file, names with endings. ``check`` reads every file once.

    Raises:
        FileNotFoundError: If a folder or ``list_file`` does not exist.
        UnreadableImage: If ``check`` finds unreadable files and ``unreadable`` is ``stop``.
        ValueError: If there are no images, an argument or ``list_file`` is invalid, or ``LoadRegions`` would find no
            regions of an image, or those of another.
    """

    _lists_pages = False
    _tile: tuple[int, int] | None = None  # side and overlap

    def __init__(
        self,
        folders: str | Sequence[str],
        pipeline: Sequence[dict | Callable] = (),
        data_root: str = '',
        list_file: str | None = None,
        extensions: str | Sequence[str] = IMAGE_EXTENSIONS,
        unreadable: str = 'stop',
        check: bool | str = True,
        indices: int | Sequence[int] | None = None,
        lazy_init: bool = False,
        backend_args: Mapping[str, Any] | None = None,
    ) -> None:
        if unreadable not in ('stop', 'skip'):
            raise ValueError(f"dataset.unreadable={unreadable!r}: give 'stop' or 'skip'")
        if check not in (True, False, 'pixels'):
            raise ValueError(f"dataset.check={check!r}: give True, False or 'pixels'")
        self.folders = as_paths(folders, 'folders')
        if not self.folders or ('' in self.folders and not data_root):
            raise ValueError('dataset.folders is empty: name at least one folder of images')
        self.list_file = None if list_file is None else as_paths([list_file], 'list_file')[0]
        self.extensions = [extensions] if isinstance(extensions, str) else list(extensions)
        self.unreadable, self.check = unreadable, check
        self.storage = None if backend_args is None else Storage(backend_args)
        (data_root,) = as_paths([data_root], 'data_root')
        # a SampleList is as small as what mmengine makes of a list of dicts, and is there sooner; tiles are such a list
        options = dict(indices=indices, lazy_init=lazy_init, serialize_data=self._lists_pages)
        super().__init__(data_root=data_root, pipeline=pipeline, **options)

    def full_init(self) -> None:
        """Lists the images, and checks that the pipeline finds regions of each by its name; mmengine calls it.

        Raises:
            ValueError: See :meth:`LoadRegions.require`, or if several steps read the image.
        """
        self._require_one_reader()
        was_ready = self._fully_initialized
        super().full_init()
        steps = [] if was_ready else [step for step in self.pipeline.transforms if isinstance(step, LoadRegions)]
        samples = [self.get_data_info(index) for index in range(len(self))] if steps else []
        for step in steps:
            step.require([(sample['name'], sample['img_path']) for sample in samples])

    def _require_one_reader(self) -> None:
        """Refuses a pipeline in which one step would replace what another has read."""
        readers = [step for step in self.pipeline.transforms if isinstance(step, LoadImage | LoadRaster)]
        if len(readers) > 1:
            names = ', '.join(type(step).__name__ for step in readers)
            raise ValueError(f'dataset.pipeline reads each image {len(readers)} times ({names}): leave one of them')

    def load_data_list(self) -> Sequence[dict[str, Any]]:
        """Lists the images; mmengine calls it.

        Returns:
            Samples with ``img_path``, ``name`` (the path below its folder, with forward slashes) and ``number`` (the
            position in the list).
        """
        chosen = self.folders, self.list_file, self.extensions
        if self.storage is None:
            found = find_on_disk(*chosen, self._locate)
        else:
            found = find_stored(self.storage, *chosen, self.data_root)
        samples = FileList(found)
        print_log(f'{len(samples)} images under {shown(", ".join(found))}', 'current')
        self._expect(len(samples))
        return samples

    def _expect(self, count: int) -> None:
        """Makes room for what was warned about, in shared memory: workers that are restarted do not warn again."""
        self._warned = torch.zeros(count, dtype=torch.bool).share_memory_()

    def _locate(self, path: str) -> str:
        """Resolves a configured path against ``data_root``."""
        return os.path.normpath(os.path.join(os.path.expanduser(self.data_root), os.path.expanduser(path)))

    def content_of(self, sample: Mapping[str, Any]) -> bytes | None:
        """Reads what the pipeline cannot by ``img_path``.

        Args:
            sample: Of the list.

        Returns:
            The bytes of the file, or None: ``img_path`` is a local file.

        Raises:
            UnreadableImage: If they cannot be read.
        """
        return None if self.storage is None else self.storage.get(sample['img_path'])

    def filter_data(self) -> Sequence[Sample]:
        """Checks all files if ``check`` is set; mmengine calls it.

        Returns:
            The samples that can be read.

        Raises:
            UnreadableImage: If there are others and ``unreadable`` is ``stop``.
            ValueError: If files that ``LoadRaster`` reads do not fit, see :meth:`FileChecks.require`.
        """
        if not self.check:
            return self.data_list
        checks = FileChecks(
            self.pipeline.transforms, self.check == 'pixels', self.unreadable == 'skip', self.content_of, self._tile
        )
        readable = checks.readable(self.data_list)
        checks.require(readable, single=not self._lists_pages)
        return checks.filled(self._list(readable, checks.facts))

    def _list(self, files: Sequence[Sample], facts: Mapping[str, Facts]) -> Sequence[Sample]:
        """The samples of files that can be read: here, one of each."""
        return files

    def __getitem__(self, idx: int) -> Any:
        """Runs the pipeline on one image.

        Args:
            idx: The index; a :class:`Draw` also seeds the pipeline.

        Returns:
            The result of the pipeline.

        Raises:
            UnreadableImage: If the file cannot be read and ``unreadable`` is ``stop``, or no file can be read.
        """
        if not isinstance(idx, Draw):
            return super().__getitem__(idx)
        with seeded(idx.seed):
            return super().__getitem__(int(idx))

    def prepare_data(self, idx: int) -> Any:
        """Runs the pipeline on one image; with ``unreadable='skip'``, on the next readable one if this one fails.

        Args:
            idx: The index.

        Returns:
            The result of the pipeline.

        Raises:
            UnreadableImage: See :meth:`__getitem__`.
        """
        for index in range(idx, idx + len(self)):
            try:
                sample = self.get_data_info(index % len(self))
                content = self.content_of(sample)
                return self.pipeline(sample if content is None else dict(sample, content=content))
            except UnreadableImage as error:
                if self.unreadable == 'stop':
                    raise type(error)(f'{error}{remedy([error], "it", skips=False)}.') from error
                self._warn(self.get_data_info(index % len(self))['number'], error)
        raise UnreadableImage(
            f'none of the {len(self)} images of {shown(", ".join(self.folders))} (dataset.folders) can be read'
        )

    def _warn(self, number: int, error: UnreadableImage) -> None:
        """Warns about an image once per run."""
        if not self._warned[number]:
            self._warned[number] = True
            print_log(f'{error}; the next image takes its place', 'current', level=logging.WARNING)
