"""Images with depth maps: any folder, and the layouts of NYU and KITTI.

Shapes: H x W the image in pixels. Depth is in metres, and 0 where it is not known.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mmengine.dataset import BaseDataset
from mmengine.logging import print_log

from ..registry import DATASETS
from ..texts import read_lines
from .depth_loading import UnusableDepth
from .depth_range import require_range
from .pairs import Names, require_files, tell_left_out

NO_DEPTH = 'None'  # marks a missing depth map in KITTI's file lists


@DATASETS.register_module()
class DepthFolder(BaseDataset):
    """Images and their 16-bit depth maps, paired by name or by a file list.

    Without ``list_file``, every file below ``images`` whose name ends in ``image_suffix`` is an image. Its depth map
    has the same path below ``depths``, with ``depth_suffix``. Samples are sorted by path. mmseg's layout of NYU fits.
    Suffixes count in upper and lower case alike; what is found, and what is left out, is logged.

    A file list has one sample per line, and its order is kept. A line is the image's path below ``images``, with or
    without suffix; or the paths of image and depth map; or these and a focal length, as in the lists of NYU and of
    KITTI's Eigen split. The focal length is not used. A leading slash of a path is removed. Lines whose depth map is
    ``None`` are skipped, and their number is logged. Lines that repeat an image count as often, with a warning.

    Args:
        depth_scale: File values are divided by this number to give metres: 1000 for millimetres (NYU, most sensors),
            256 for KITTI.
        images: Folder of the images, relative to ``data_root``.
        depths: Folder of the depth maps, relative to ``data_root``; None for images without depth (prediction only).
        data_root: Root folder of all relative paths; empty for the working directory.
        list_file: File list, relative to ``data_root``.
        image_suffix: File name suffix of the images.
        depth_suffix: File name suffix of the depth maps, which replaces ``image_suffix``.
        invalid: File values that mean "unknown"; these pixels become 0.
        max_depth: Farthest depth in metres that is to be predicted. A few maps are read before any work, and their
            range is logged; it is refused where none of their pixels lies between 1 mm and this depth, as with a wrong
            ``depth_scale``. None: anything goes.
        pipeline: Transforms; ``LoadDepth`` reads the depth map after the image has been loaded.
        indices: Indices of the samples to use, or the number of samples from the start.
        test_mode: As in mmengine's ``BaseDataset``: a pipeline that returns None is an error.
        lazy_init: List the files at the first use instead of now.

    Raises:
        FileNotFoundError: If a folder, the file list or an image does not exist.
        UnusableDepth: If a depth map does not exist, or one of those looked at is not usable.
        ValueError: If there are no samples, an argument or a line of the file list is invalid, or no pixel is
            within the range.
    """

    def __init__(
        self,
        depth_scale: float,
        images: str = 'images',
        depths: str | None = 'depths',
        data_root: str = '',
        list_file: str | None = None,
        image_suffix: str = '.jpg',
        depth_suffix: str = '.png',
        invalid: Sequence[int] = (0, 65535),
        max_depth: float | None = None,
        pipeline: Sequence[dict | Callable] = (),
        indices: int | Sequence[int] | None = None,
        test_mode: bool = False,
        lazy_init: bool = False,
    ) -> None:
        if not depth_scale > 0:
            raise ValueError(
                f'dataset.depth_scale={depth_scale!r}: give the positive number that file values are divided by to '
                'give metres, such as 1000 for millimetres or 256 for KITTI'
            )
        if images == depths and image_suffix == depth_suffix:
            raise ValueError(
                f'dataset.images and dataset.depths are both {images!r} with the suffix {image_suffix!r}: each image '
                'would be its own depth map; give them different folders or suffixes'
            )
        self.depth_scale, self.invalid = float(depth_scale), tuple(invalid)
        self.images, self.depths, self.list_file = images, depths, list_file
        self.image_suffix, self.depth_suffix, self.max_depth = image_suffix, depth_suffix, max_depth
        super().__init__(
            data_root=data_root, pipeline=pipeline, indices=indices, test_mode=test_mode, lazy_init=lazy_init
        )

    def load_data_list(self) -> list[dict[str, Any]]:
        """Lists and pairs the files; mmengine calls it.

        Returns:
            Samples with ``img_path`` and, if they have depth, ``depth_map_path``, ``depth_scale``, ``invalid_depth``.
        """
        images = Names(self._locate(self.images, 'images'), self.image_suffix, 'image_suffix')
        folder = None if self.depths is None else self._locate(self.depths, 'depths')
        depths = None if folder is None else Names(folder, self.depth_suffix, 'depth_suffix')
        names = list(self._found(images, depths) if self.list_file is None else self._listed(images, depths))
        if not names:
            where = f'{self.list_file} (dataset.list_file)' if self.list_file else f'{images.folder} (dataset.images)'
            raise ValueError(f'no samples in {where}: nothing ends in dataset.image_suffix={self.image_suffix!r}')
        samples = [self._sample(images.folder, image, folder, depth) for image, depth in names]
        remedy = 'Check dataset.images, dataset.depths, their suffixes and dataset.list_file.'
        require_files(samples, 'img_path', 'images', remedy)
        require_files(samples, 'depth_map_path', 'depth maps', remedy, UnusableDepth)
        print_log(f'{len(samples)} images{" with depth" if folder else ""} under {images.folder}', 'current')
        if folder is not None:
            require_range(samples, self.max_depth)
        return samples

    def _sample(self, folder: str, image: str, depths: str | None, depth: str) -> dict[str, Any]:
        """Makes the sample that the pipeline starts with."""
        sample: dict[str, Any] = dict(img_path=os.path.join(folder, image), seg_fields=[])
        if depths is not None:
            path = os.path.join(depths, depth)
            sample.update(depth_map_path=path, depth_scale=self.depth_scale, invalid_depth=self.invalid)
        return sample

    def _found(self, images: Names, depths: Names | None) -> Iterator[tuple[str, str]]:
        """Pairs the files below the folders by name."""
        partners = depths.by_stem if depths else {}
        for stem, name in images.by_stem.items():
            yield name, partners.get(stem, stem + self.depth_suffix)
        tell_left_out(images, depths, 'depth maps')

    def _listed(self, images: Names, depths: Names | None) -> Iterator[tuple[str, str]]:
        """Reads the pairs of the file list."""
        path, left_out, names = self._below_root(str(self.list_file)), 0, Counter[str]()
        for fields in self._lines(path):
            if len(fields) > 1 and fields[1] == NO_DEPTH and depths is not None:
                left_out += 1
                continue
            stem = images.stem(fields[0])
            name = images.find(stem) if len(fields) == 1 else fields[0]
            names[name] += 1
            yield name, fields[1] if len(fields) > 1 else depths.find(stem) if depths else ''
        print_log(f'{path}: {left_out} lines without depth are skipped', 'current')
        repeated = [name for name, count in names.items() if count > 1]
        if repeated:
            text = f'{path} lists {len(repeated)} images more than once, which count as often, such as {repeated[0]}'
            print_log(text, 'current', level=logging.WARNING)

    def _lines(self, path: str) -> Iterator[list[str]]:
        """Fields of each line of the file list that is not empty."""
        if not os.path.isfile(path):
            raise FileNotFoundError(f'{path} (dataset.list_file) is not a file; give one relative to dataset.data_root')
        for number, line in enumerate(read_lines(path), 1):
            fields = [field.lstrip('/') for field in line.split()]
            if len(fields) > 3:
                raise ValueError(
                    f'{path} (dataset.list_file), line {number} has {len(fields)} fields: give an image, or an '
                    'image and its depth map, or these and a focal length'
                )
            if fields:
                yield fields

    def _locate(self, folder: str, key: str) -> str:
        """Resolves a configured folder and checks that it exists."""
        path = self._below_root(folder)
        if not os.path.isdir(path):
            raise FileNotFoundError(f'{path} (dataset.{key}) is not a folder; give one relative to dataset.data_root')
        return path

    def _below_root(self, path: str) -> str:
        """Resolves a configured path against ``data_root``."""
        return os.path.normpath(os.path.join(os.path.expanduser(self.data_root), path))
