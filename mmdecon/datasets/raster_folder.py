"""A dataset of files of any kind: pages, slices and tiles are samples of their own."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from mmengine.logging import print_log

from ..images.crops import Box
from ..images.listing import IMAGE_EXTENSIONS
from ..images.raster import LoadRaster
from ..images.raster_facts import Facts
from ..images.tiling import in_order, tile_boxes
from ..registry import DATASETS
from .file_list import Sample
from .image_folder import ImageFolder
from .load_regions import LoadRegions

RASTER_EXTENSIONS = (
    *IMAGE_EXTENSIONS,
    '.btf',
    '.tf8',
    '.svs',
    '.lsm',
    '.jp2',
    '.j2k',
    '.dcm',
    '.dicom',
    '.npy',
    '.npz',
)
CHECKS = (True, 'pixels')


@DATASETS.register_module()
class RasterFolder(ImageFolder):
    """All images in the files below some folders, read by the pipeline's ``LoadRaster``.

    A file with several pages is several samples, as ``LoadRaster.pages`` says; with ``tile``, each tile is a sample.
    A sample then has ``page`` or ``window``. All files must have the same channels and dtype, and headers are always
    read before training.

    A volume is a file with several slices, or the DICOM files of one folder with the same series, orientation and size.
    Its slices follow each other: pages in the file's order, DICOM files by their position along the normal or, where
    positions lack or repeat, by InstanceNumber.

    Args:
        folders: See :class:`ImageFolder`.
        pipeline: Transforms, which begin with ``LoadRaster``.
        tile: Height and width of tiles in pixels; None for whole images.
        tile_overlap: Pixels that neighbouring tiles have in common.
        reach: The second view may come from another slice, at most so many away in the same volume: a sample has
            ``neighbours``, of which ``LoadRaster`` draws one. 0: both views are of the same slice.
        data_root: See :class:`ImageFolder`.
        list_file: See :class:`ImageFolder`.
        extensions: File name extensions; ``''`` takes all files, as DICOM's names often have none.
        unreadable: See :class:`ImageFolder`.
        check: True reads headers; ``'pixels'`` decodes all files, so that damage and wrong values are found before
            training.
        indices: Indices of the samples to use, or the number of samples from the start.
        lazy_init: See :class:`ImageFolder`.

    Raises:
        FileNotFoundError: See :class:`ImageFolder`.
        UnreadableImage: If there are unreadable files and ``unreadable`` is ``stop``.
        ValueError: If an argument is invalid, files differ in channels or dtype, the pipeline has no ``LoadRaster``,
            or there is no volume to reach into.
    """

    _lists_pages = True

    def __init__(
        self,
        folders: str | Sequence[str],
        pipeline: Sequence[dict | Callable] = (),
        tile: int | None = None,
        tile_overlap: int = 0,
        reach: int = 0,
        data_root: str = '',
        list_file: str | None = None,
        extensions: str | Sequence[str] = RASTER_EXTENSIONS,
        unreadable: str = 'stop',
        check: bool | str = True,
        indices: int | Sequence[int] | None = None,
        lazy_init: bool = False,
    ) -> None:
        if check not in CHECKS:
            raise ValueError(f"dataset.check={check!r}: headers tell what a file holds; give True or 'pixels'")
        if tile is not None and not (type(tile) is int and tile > 0):
            raise ValueError(f'dataset.tile={tile!r}: give the side of a tile in pixels, or None')
        if not (type(tile_overlap) is int and 0 <= tile_overlap < (tile or 1)):
            raise ValueError(f'dataset.tile_overlap={tile_overlap!r}: give pixels, 0 or more, less than tile={tile}')
        if not (type(reach) is int and reach >= 0):
            raise ValueError(f'dataset.reach={reach!r}: give a number of slices, 0 for none')
        self.tile, self.tile_overlap, self.reach = tile, tile_overlap, reach
        self._tile = None if tile is None else (tile, tile_overlap)
        super().__init__(folders, pipeline, data_root, list_file, extensions, unreadable, check, indices, lazy_init)

    def full_init(self) -> None:
        """Lists the samples; mmengine calls it.

        Raises:
            ValueError: If the pipeline does not fit.
        """
        if not any(isinstance(step, LoadRaster) for step in self.pipeline.transforms):
            raise ValueError("dataset.pipeline has no LoadRaster: begin it with dict(type='mmdecon.LoadRaster')")
        if self.reach and any(isinstance(step, LoadRegions) for step in self.pipeline.transforms):
            raise ValueError(
                f'dataset.reach={self.reach} with LoadRegions: regions are of one slice, and the second view would be '
                'of another; set reach=0'
            )
        super().full_init()

    def _list(self, files: Sequence[Sample], facts: Mapping[str, Facts]) -> list[Sample]:
        """Lists pages, slices and tiles of the files that can be read."""
        volumes = self._volumes(files, facts)
        samples = [sample for volume in volumes for sample in self._tiles(volume, facts[volume[0]['img_path']].shape)]
        if len(samples) != len(files):
            print_log(f'{len(samples)} images in {len(files)} files', 'current')
        if self.reach and len({sample['volume'] for sample in samples}) == len(samples):
            raise ValueError(f'dataset.reach={self.reach}, but no file is a slice of a volume: set reach=0')
        return samples

    def _volumes(self, files: Sequence[Sample], headers: Mapping[str, Facts]) -> Iterator[list[Sample]]:
        """The slices of each volume in their order; what is no part of a volume is one of its own."""
        series: dict[tuple[str, str], list[Sample]] = {}
        volumes: list[list[Sample]] = []
        for sample in files:
            facts = headers[sample['img_path']]
            if facts.series is not None:
                key = os.path.dirname(sample['img_path']), facts.series
                if key not in series:
                    volumes.append(series.setdefault(key, []))
                series[key].append(sample)
                continue
            pages = [dict(sample, page=page) for page in range(facts.pages)] if facts.pages > 1 else [sample]
            volumes += [pages[start : start + facts.slices] for start in range(0, len(pages), facts.slices)]
        for number, volume in enumerate(volumes):
            if 'page' not in volume[0]:
                volume = in_order([(headers[sample['img_path']].place, sample) for sample in volume])
            yield [dict(sample, volume=number, slice=place) for place, sample in enumerate(volume)]

    def _tiles(self, volume: Sequence[Sample], shape: tuple[int, int]) -> Iterator[Sample]:
        """The samples of a volume: all slices of a tile, then those of the next."""
        boxes: list[Box | None] = [*tile_boxes(shape, self.tile, self.tile_overlap)] if self.tile else [None]
        for box in boxes:
            for sample in volume:
                name = sample['name'] + (f'#{sample["page"]}' if 'page' in sample else '')
                if box is None:
                    yield dict(sample, name=name)
                else:
                    yield dict(sample, name=f'{name}@{box[0]},{box[1]}', window=box)

    def get_data_info(self, idx: int) -> Sample:
        """Gets a sample before the pipeline; mmengine calls it.

        Args:
            idx: The index.

        Returns:
            The sample, with ``neighbours`` if it may have any.
        """
        sample: Sample = super().get_data_info(idx)
        if self.reach:
            sample['neighbours'] = self._neighbours(int(idx) % len(self), sample)
        return sample

    def _neighbours(self, idx: int, sample: Sample) -> list[Sample]:
        """Other slices of the same volume and tile, which stand beside the sample in the list."""
        near = range(max(0, idx - self.reach), min(len(self), idx + self.reach + 1))
        others = [super(RasterFolder, self).get_data_info(other) for other in near if other != idx]
        return [
            {key: other[key] for key in ('img_path', 'page', 'window') if key in other}
            for other in others
            if _place(other) == _place(sample) and abs(other['slice'] - sample['slice']) <= self.reach
        ]


def _place(sample: Sample) -> tuple[int, Box | None]:
    """The volume and tile that a sample is a slice of."""
    return sample['volume'], sample.get('window')
