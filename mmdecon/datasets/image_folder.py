"""Any folder of images as a dataset for pre-training: no annotation, no classes."""

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
from .sampler import Draw

THREADS = 16  # opening headers waits for the disk, not for a core
NAMED = 5  # how many files a message names


@DATASETS.register_module()
class ImageFolder(BaseDataset):
    """All images under some folders, in an order that is the same on every machine.

    One class for any data without annotation: a folder of one's own, COCO's ``train2017``, or with ``unlabeled2017``
    COCO+, ImageNet-1K's ``train``, or VOC's ``JPEGImages`` with a list file. Folders are searched recursively; files
    whose name begins with a dot are passed over. The pipeline begins with ``LoadImage``, whose
    :class:`UnreadableImage` is what ``unreadable`` decides about.

    With :class:`ViewSampler`, whose indices carry a seed, all that the pipeline draws from Python's, NumPy's and
    torch's generators depends on that seed alone, and the generators are left as they were.

    Args:
        folders: One or several folders, absolute, ``~/``, or relative to ``data_root``. A file found twice counts once.
        pipeline: Transforms, as in all of mmengine's datasets.
        data_root: Where relative ``folders`` and ``list_file`` begin; empty for the working directory.
        list_file: A text file that chooses among the images, one a line: its path relative to its folder, with or
            without extension, as in VOC's ``ImageSets``. Each must exist.
        extensions: What the names of images end in, upper or lower case.
        unreadable: What to do about files that are no images or damaged: ``stop`` with an error that names them, or
            ``skip``: leave out what ``check`` finds, take the next image for what turns out damaged when loaded, and
            warn once for each.
        check: Open every file's header before training. Costs a tenth of a millisecond a file from a warm cache, much
            more from a slow network disk.
        indices: Use these images alone, or that many from the start.
        lazy_init: List the folders at first use instead of now.

    Raises:
        FileNotFoundError: If a folder or ``list_file`` does not exist.
        UnreadableImage: If ``check`` finds unreadable files and ``unreadable`` is ``stop``.
        ValueError: If there are no images, or an argument or ``list_file`` does not make sense.
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

    def load_data_list(self) -> list[dict[str, Any]]:
        """Lists the images; called by mmengine.

        Returns:
            ``img_path``, the ``name`` of each image, its path below its folder with forward slashes, and its ``number``
            among all.
        """
        found = {folder: list_images(folder, self.extensions) for folder in map(self._locate, self.folders)}
        if self.list_file is not None:
            found = keep_listed(found, self._locate(self.list_file))
        paths: dict[str, str] = {}
        for folder, names in found.items():
            for name in names:
                paths.setdefault(os.path.join(folder, name), name.replace(os.sep, '/'))
        print_log(f'{len(paths)} images under {", ".join(found)}', 'current')
        # shared, so that workers forked anew each epoch do not warn of the same file again
        self._warned = torch.zeros(len(paths), dtype=torch.bool).share_memory_()
        return [dict(img_path=path, name=name, number=number) for number, (path, name) in enumerate(paths.items())]

    def _locate(self, path: str) -> str:
        """Makes a configured path one that can be opened."""
        return os.path.normpath(os.path.join(self.data_root, os.path.expanduser(path)))

    def filter_data(self) -> list[dict[str, Any]]:
        """Looks into the headers, where ``check`` asks for it; called by mmengine.

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
        """The end of the remedy, where skipping is not what was chosen already."""
        return ", or set dataset.unreadable='skip' to go on without them" if self.unreadable == 'stop' else ''

    def __getitem__(self, idx: int) -> Any:
        """Runs the pipeline on one image.

        Args:
            idx: Its index; a :class:`Draw` seeds what the pipeline draws.

        Returns:
            What the pipeline returns.

        Raises:
            UnreadableImage: If the file cannot be read and ``unreadable`` is ``stop``, or no file can be.
        """
        if not isinstance(idx, Draw):
            return super().__getitem__(idx)
        with seeded(idx.seed):
            return super().__getitem__(int(idx))

    def prepare_data(self, idx: int) -> Any:
        """Runs the pipeline on one image or, where it is unreadable and to be skipped, on the next readable one.

        Args:
            idx: Its index.

        Returns:
            What the pipeline returns.
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
        """Warns of an image once in the run."""
        if not self._warned[number]:
            self._warned[number] = True
            print_log(f'{error}; the next image takes its place', 'current', level=logging.WARNING)
