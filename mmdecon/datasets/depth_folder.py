"""Images with depth maps: any folder, and the layouts of NYU and KITTI.

Shapes: H x W the image in pixels. Depth is in metres, and 0 where it is not known.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mmengine.dataset import BaseDataset
from mmengine.fileio import list_dir_or_file
from mmengine.logging import print_log

from ..registry import DATASETS
from ..texts import read_lines
from .depth_loading import UnusableDepth

NO_DEPTH = 'None'  # marks a missing depth map in KITTI's file lists
NAMED = 5  # so many files are shown in an error message


@DATASETS.register_module()
class DepthFolder(BaseDataset):
    """Images and their 16-bit depth maps, paired by name or by a file list.

    Without ``list_file``, every file below ``images`` whose name ends in ``image_suffix`` is an image. Its depth map
    has the same path below ``depths``, with ``depth_suffix``. Samples are sorted by path. mmseg's layout of NYU fits.

    A file list has one sample per line, and its order is kept. A line is the image's path below ``images``, with or
    without suffix; or the paths of image and depth map; or these and a focal length, as in the lists of NYU and of
    KITTI's Eigen split. The focal length is not used. A leading slash of a path is removed. Lines whose depth map is
    ``None`` are skipped, and their number is logged.

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
        pipeline: Transforms; ``LoadDepth`` reads the depth map after the image has been loaded.
        indices: Indices of the samples to use, or the number of samples from the start.
        test_mode: As in mmengine's ``BaseDataset``: a pipeline that returns None is an error.
        lazy_init: List the files at the first use instead of now.

    Raises:
        FileNotFoundError: If a folder, the file list or an image does not exist.
        UnusableDepth: If a depth map does not exist.
        ValueError: If there are no samples, or an argument or a line of the file list is invalid.
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
        self.image_suffix, self.depth_suffix = image_suffix, depth_suffix
        super().__init__(
            data_root=data_root, pipeline=pipeline, indices=indices, test_mode=test_mode, lazy_init=lazy_init
        )

    def load_data_list(self) -> list[dict[str, Any]]:
        """Lists and pairs the files; mmengine calls it.

        Returns:
            Samples with ``img_path`` and, if they have depth, ``depth_map_path``, ``depth_scale``, ``invalid_depth``.
        """
        folder = self._locate(self.images, 'images')
        names = list(self._listed(self.list_file)) if self.list_file is not None else list(self._found(folder))
        if not names:
            where = f'{self.list_file} (dataset.list_file)' if self.list_file else f'{folder} (dataset.images)'
            raise ValueError(f'no samples in {where}: nothing ends in dataset.image_suffix={self.image_suffix!r}')
        depths = None if self.depths is None else self._locate(self.depths, 'depths')
        samples = [self._sample(folder, image, depths, depth) for image, depth in names]
        self._require(samples, 'img_path', FileNotFoundError, 'images')
        self._require(samples, 'depth_map_path', UnusableDepth, 'depth maps')
        return samples

    def _sample(self, folder: str, image: str, depths: str | None, depth: str) -> dict[str, Any]:
        """Makes the sample that the pipeline starts with."""
        sample: dict[str, Any] = dict(img_path=os.path.join(folder, image), seg_fields=[])
        if depths is not None:
            path = os.path.join(depths, depth)
            sample.update(depth_map_path=path, depth_scale=self.depth_scale, invalid_depth=self.invalid)
        return sample

    def _found(self, folder: str) -> Iterator[tuple[str, str]]:
        """Pairs the files below the image folder by name."""
        for name in sorted(list_dir_or_file(folder, list_dir=False, suffix=self.image_suffix, recursive=True)):
            yield name, self._partner(name)

    def _listed(self, list_file: str) -> Iterator[tuple[str, str]]:
        """Reads the pairs of the file list."""
        path, left_out = self._below_root(list_file), 0
        if not os.path.isfile(path):
            raise FileNotFoundError(f'{path} (dataset.list_file) is not a file; give one relative to dataset.data_root')
        for number, line in enumerate(read_lines(path), 1):
            fields = [field.lstrip('/') for field in line.split()]
            if len(fields) > 3:
                raise ValueError(
                    f'{path} (dataset.list_file), line {number} has {len(fields)} fields: give an image, or an '
                    'image and its depth map, or these and a focal length'
                )
            if len(fields) == 1:
                name = fields[0] if fields[0].endswith(self.image_suffix) else fields[0] + self.image_suffix
                yield name, self._partner(name)
            elif fields and fields[1] == NO_DEPTH and self.depths is not None:
                left_out += 1
            elif fields:
                yield fields[0], fields[1]
        print_log(f'{path}: {left_out} lines without depth are skipped', 'current')

    def _partner(self, name: str) -> str:
        """Builds the name of an image's depth map."""
        return name[: len(name) - len(self.image_suffix)] + self.depth_suffix

    def _locate(self, folder: str, key: str) -> str:
        """Resolves a configured folder and checks that it exists."""
        path = self._below_root(folder)
        if not os.path.isdir(path):
            raise FileNotFoundError(f'{path} (dataset.{key}) is not a folder; give one relative to dataset.data_root')
        return path

    def _below_root(self, path: str) -> str:
        """Resolves a configured path against ``data_root``."""
        return os.path.normpath(os.path.join(os.path.expanduser(self.data_root), path))

    @staticmethod
    def _require(samples: Sequence[dict[str, Any]], key: str, kind: type[Exception], what: str) -> None:
        """Raises an error if files of samples do not exist."""
        missing = [sample[key] for sample in samples if key in sample and not os.path.isfile(sample[key])]
        if missing:
            some = ', '.join(missing[:NAMED]) + (', …' if len(missing) > NAMED else '')
            raise kind(
                f'{len(missing)} of {len(samples)} {what} do not exist: {some}. Check dataset.images, dataset.depths, '
                'their suffixes and dataset.list_file.'
            )
