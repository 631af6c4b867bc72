"""A dataset of any folder of images for pre-training, without annotations or classes."""

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from ..images.listing import IMAGE_EXTENSIONS, keep_listed, list_images
from ..images.reading import UnreadableImage, check_header
from ..images.seeding import seeded
from ..registry import DATASETS
from .load_regions import LoadRegions
from .sampler import Draw

THREADS = 16  # opening headers waits for the disk, not for the CPU
NAMED = 5  # so many files are shown in a message


@DATASETS.register_module()
class ImageFolder(BaseDataset):
    """All images below some folders, in an order that is the same on every machine.

    One class for all data without annotations: your own folder, COCO's ``train2017``, COCO+ (with ``unlabeled2017``),
    ImageNet-1K's ``train``, or VOC's ``JPEGImages`` with a list file. Folders are searched recursively; files whose
    names begin with a dot are skipped. The pipeline begins with ``LoadImage``; ``unreadable`` says what happens when
    it raises :class:`UnreadableImage`.

    The indices of :class:`ViewSampler` carry a seed. With it, everything that the pipeline draws at random from
    Python's, NumPy's and torch's generators depends only on that seed, and the state of the generators is restored.

    Args:
        folders: One or several folders, absolute, ``~/``, or relative to ``data_root``. A file found twice counts once.
        pipeline: Transforms, as in all of mmengine's datasets.
        data_root: Root folder of relative ``folders`` and ``list_file``; empty for the working directory.
        list_file: A text file that selects images, one per line: the path relative to its folder, with or without
            extension, as in VOC's ``ImageSets``. Each image must exist.
        extensions: File name extensions of images, upper or lower case.
        unreadable: What to do with damaged files and files that are not images. ``stop``: raise an error that names
            them. ``skip``: leave out the files that ``check`` finds, replace a file that fails when it is loaded by
            the next image, and warn once per file.
        check: Open the header of every file before training. Takes 0.1 ms per file from a warm cache, much longer from
            a slow network disk.
        indices: Indices of the images to use, or the number of images from the start.
        lazy_init: List the folders at the first use instead of now.

    Raises:
        FileNotFoundError: If a folder or ``list_file`` does not exist.
        UnreadableImage: If ``check`` finds unreadable files and ``unreadable`` is ``stop``.
        ValueError: If there are no images, an argument or ``list_file`` is invalid, or ``LoadRegions`` would find no
            regions of an image, or those of another.
    """

    def __init__(
        self,
        folders: str | Sequence[str],
        pipeline: Sequence[dict | Callable] = (),
        data_root: str = '',
        list_file: str | None = None,
        extensions: str | Sequence[str] = IMAGE_EXTENSIONS,
        unreadable: str = 'stop',
        check: bool = True,
        indices: int | Sequence[int] | None = None,
        lazy_init: bool = False,
    ) -> None:
        if unreadable not in ('stop', 'skip'):
            raise ValueError(f"dataset.unreadable={unreadable!r}: give 'stop' or 'skip'")
        self.folders = [folders] if isinstance(folders, str) else list(folders)
        if not self.folders:
            raise ValueError('dataset.folders is empty: name at least one folder of images')
        self.list_file = list_file
        self.extensions = [extensions] if isinstance(extensions, str) else list(extensions)
        self.unreadable, self.check = unreadable, check
        super().__init__(data_root=data_root, pipeline=pipeline, indices=indices, lazy_init=lazy_init)

    def full_init(self) -> None:
        """Lists the images, and checks that the pipeline finds regions of each by its name; mmengine calls it.

        Raises:
            ValueError: See :meth:`LoadRegions.require`.
        """
        was_ready = self._fully_initialized
        super().full_init()
        steps = [] if was_ready else [step for step in self.pipeline.transforms if isinstance(step, LoadRegions)]
        samples = [self.get_data_info(index) for index in range(len(self))] if steps else []
        for step in steps:
            step.require([(sample['name'], sample['img_path']) for sample in samples])

    def load_data_list(self) -> list[dict[str, Any]]:
        """Lists the images; mmengine calls it.

        Returns:
            Samples with ``img_path``, ``name`` (the path below its folder, with forward slashes) and ``number`` (the
            position in the list).
        """
        found = {folder: list_images(folder, self.extensions) for folder in map(self._locate, self.folders)}
        if self.list_file is not None:
            found = keep_listed(found, self._locate(self.list_file))
        paths: dict[str, str] = {}
        for folder, names in found.items():
            for name in names:
                paths.setdefault(os.path.join(folder, name), name.replace(os.sep, '/'))
        print_log(f'{len(paths)} images under {", ".join(found)}', 'current')
        # in shared memory, so that workers that are restarted each epoch do not warn about the same file again
        self._warned = torch.zeros(len(paths), dtype=torch.bool).share_memory_()
        return [dict(img_path=path, name=name, number=number) for number, (path, name) in enumerate(paths.items())]

    def _locate(self, path: str) -> str:
        """Resolves a configured path against ``data_root``."""
        return os.path.normpath(os.path.join(self.data_root, os.path.expanduser(path)))

    def filter_data(self) -> list[dict[str, Any]]:
        """Checks the headers of all files if ``check`` is set; mmengine calls it.

        Returns:
            The samples that can be read.
        """
        if not self.check:
            return self.data_list
        with ThreadPoolExecutor(THREADS) as pool:
            problems = list(pool.map(check_header, [sample['img_path'] for sample in self.data_list]))
        unreadable = [problem for problem in problems if problem]
        readable = [sample for sample, problem in zip(self.data_list, problems) if not problem]
        if unreadable:
            count = f'{len(unreadable)} of {len(problems)} images cannot be read'
            names = '; '.join(unreadable[:NAMED]) + ('; …' if len(unreadable) > NAMED else '')
            if self.unreadable == 'stop' or not readable:
                raise UnreadableImage(f'{count}: {names}. Repair or remove them{self._or_skip()}.')
            print_log(f'{count} and are left out: {names}', 'current', level=logging.WARNING)
        return readable

    def _or_skip(self) -> str:
        """Completes an error message with the option to skip, unless it is already set."""
        return ", or set dataset.unreadable='skip' to go on without them" if self.unreadable == 'stop' else ''

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
                return super().prepare_data(index % len(self))
            except UnreadableImage as error:
                if self.unreadable == 'stop':
                    raise UnreadableImage(f'{error}. Repair or remove it{self._or_skip()}.') from error
                self._warn(self.get_data_info(index % len(self))['number'], error)
        raise UnreadableImage(
            f'none of the {len(self)} images of {", ".join(self.folders)} (dataset.folders) can be read'
        )

    def _warn(self, number: int, error: UnreadableImage) -> None:
        """Warns about an image once per run."""
        if not self._warned[number]:
            self._warned[number] = True
            print_log(f'{error}; the next image takes its place', 'current', level=logging.WARNING)
