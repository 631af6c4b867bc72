"""Folders of annotated images for mmseg.

A config imports this module, ``custom_imports = dict(imports=['mmdecon.downstream.seg_folder'])``, as mmseg's data sets
print lines that no other run is to see.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log
from mmseg.datasets import BaseSegDataset

from ..datasets.pairs import Names, require_files, tell_left_out
from ..evaluation.samples import read_labels
from ..evaluation.split import Sample, Split
from ..images.raster import LoadRaster
from ..images.reading import read_image
from ..registry import DATASETS

LOOKS = 8  # so many annotations are read before training


@DATASETS.register_module()
class SegFolder(BaseSegDataset):
    """Images and annotations of two folders, paired by name.

    Arguments are mmseg's. Unlike there, file endings count in upper and lower case alike, what is found and left out is
    logged, and what would end or spoil a run later is refused at once: images without an annotation, and, in a few of
    the annotations, several channels, another size than the image's, or labels beyond the classes.

    Raises:
        FileNotFoundError: If a folder or a file does not exist.
        ValueError: If there are no images, or an annotation is not usable.
    """

    def load_data_list(self) -> list[dict[str, Any]]:
        """Lists and pairs the files; mmengine calls it.

        Returns:
            Samples as mmseg's, with ``img_path`` and ``seg_map_path``.
        """
        samples: list[dict[str, Any]] = super().load_data_list() if self.ann_file else self._paired()
        if not samples:
            where = self.ann_file or self.data_prefix['img_path']
            raise ValueError(f'no images in {where}: nothing ends in dataset.img_suffix={self.img_suffix!r}')
        for key, what in (('img_path', 'images'), ('seg_map_path', 'annotations')):
            require_files(samples, key, what, 'Check dataset.data_prefix and the suffixes')
        print_log(f'{len(samples)} images under {self.data_prefix["img_path"]}', 'current')
        if 'seg_map_path' in samples[0] and not self.reduce_zero_label and not self.label_map:
            self._look(samples)
        return samples

    def _paired(self) -> list[dict[str, Any]]:
        """Pairs the files of the folders."""
        places = {key: self.data_prefix.get(key) for key in ('img_path', 'seg_map_path')}
        for key, folder in places.items():
            if folder is not None and not os.path.isdir(folder):
                raise FileNotFoundError(f'{folder} (dataset.data_root and data_prefix.{key}) is not a folder')
        folder = places['seg_map_path']
        images = Names(places['img_path'] or '.', self.img_suffix, 'img_suffix')
        maps = None if folder is None else Names(folder, self.seg_map_suffix, 'seg_map_suffix')
        tell_left_out(images, maps, 'annotations')
        samples = []
        for stem, name in images.by_stem.items():
            sample = dict(label_map=self.label_map, reduce_zero_label=self.reduce_zero_label, seg_fields=[])
            sample['img_path'] = os.path.join(images.folder, name)
            if maps is not None:
                sample['seg_map_path'] = os.path.join(maps.folder, maps.by_stem.get(stem, stem + maps.suffix))
            samples.append(sample)
        return samples

    def _look(self, samples: list[dict[str, Any]]) -> None:
        """Reads a few annotations, at equal steps."""
        raster = next((step for step in self.pipeline.transforms if isinstance(step, LoadRaster)), None)

        def read(index: int) -> Sample:
            path = samples[index]['img_path']
            image = raster.transform(dict(img_path=path))['img'] if raster else read_image(path)
            return Sample(image, read_labels(Path(samples[index]['seg_map_path']), [self.ignore_index]))

        if not self.metainfo.get('classes'):
            raise ValueError('dataset.metainfo has no classes: give dict(classes=[...]), their names in order')
        names = tuple(sample['seg_map_path'] for sample in samples)
        split = Split(names, tuple(self.metainfo['classes']), read)
        for index in np.unique(np.linspace(0, len(samples) - 1, LOOKS).astype(int)):
            split[int(index)]
