"""Human annotations as PNG label maps (VOC, ADE20K, Cityscapes, mmseg's folders) or as BSDS500's files.

Shapes: H x W an image in pixels, A annotators.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compat import require
from ..registry import REGIONS
from .annotations import Annotation, HumanRegions, digest, read_png, require_annotation, require_folder, require_size
from .base import NO_REGION, is_count, stack_planes

KINDS = ('classes', 'objects')


class _FileOfEachImage(HumanRegions):
    """Annotations of which each image has a file of its own."""

    def _path(self, name: str) -> str:
        """Builds the path of an image's file."""
        raise NotImplementedError

    def __contains__(self, name: str) -> bool:
        return os.path.isfile(self._path(name))

    def place_of(self, name: str, path: str) -> str:
        """The file of an image; see the base class."""
        return require_annotation(self._path(name), name)


@REGIONS.register_module()
class LabelFolder(_FileOfEachImage):
    """Reads a folder with one PNG label map for each image; each label is a region.

    The label map of ``a/b.jpg`` is ``FOLDER/a/b.png``: grey values of 8 or 16 bits, or palette indices. This is the
    format of VOC's ``SegmentationClass`` and ``SegmentationObject``, of ADE20K's ``annotations``, and of any
    ``ann_dir`` of mmseg.

    Args:
        folder: Folder of the label maps.
        ignore: Labels that are not regions. VOC has 255 around objects and 0 for background; CamVid's mmseg version
            has 11.
        suffix: File name suffix of the label maps.
        image_suffix: File name suffix of the images, which ``suffix`` replaces. For Cityscapes it is
            ``_leftImg8bit.png``, and ``suffix`` is ``_gtFine_labelIds.png``. None stands for any extension.
        labels: ``classes`` if a label means the same class in all images; reports then also average over classes.
            ``objects`` if labels number the objects of one image.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If an argument is invalid.
    """

    def __init__(
        self,
        folder: str,
        ignore: Sequence[int] = (255,),
        suffix: str = '.png',
        image_suffix: str | None = None,
        labels: str = 'classes',
    ) -> None:
        if labels not in KINDS:
            raise ValueError(f'LabelFolder: labels is {labels!r}: give one of {", ".join(map(repr, KINDS))}')
        self.folder, self.ignore = require_folder(folder), [ignore] if isinstance(ignore, int) else sorted(ignore)
        self.suffix, self.image_suffix, self.labels = suffix, image_suffix, labels
        self.options: dict[str, Any] = dict(method='human-labels', ignore=self.ignore, masks_sha256=digest(self.folder))

    def _path(self, name: str) -> str:
        """Builds the path of an image's label map."""
        if self.image_suffix is None:
            stem = os.path.splitext(name)[0]
        elif name.endswith(self.image_suffix):
            stem = name[: -len(self.image_suffix)]
        else:
            raise ValueError(f"{name} does not end in {self.image_suffix!r}: set LabelFolder's image_suffix")
        return os.path.join(self.folder, stem + self.suffix)

    def read(self, name: str, size: tuple[int, int] | None = None) -> Annotation:
        """Reads the label map of an image; one plane, whose ids are the labels.

        Raises:
            ValueError: If the file is missing or damaged, or in colour.
        """
        path = require_annotation(self._path(name), name)
        labels = read_png(path, name, size)
        if labels.ndim != 2:
            raise ValueError(
                f'the mask {path} of {name} is in colour, {labels.shape}: give labels as grey values or a palette; '
                "COCO's panoptic masks are read by mmdecon.CocoPanoptic"
            )
        labels = labels.astype(np.int32)
        regions = np.where(np.isin(labels, self.ignore), NO_REGION, labels)[..., None]
        ids = [int(label) for label in np.unique(regions) if label > NO_REGION] if self.labels == 'classes' else []
        return Annotation(regions, {label: str(label) for label in ids})


@REGIONS.register_module()
class BSDS(_FileOfEachImage):
    """Reads the segmentations of BSDS500, one plane for each of an image's A annotators; needs scipy.

    Args:
        folder: Folder of the ``.mat`` files, for example ``groundTruth/train``; that of ``a.jpg`` is ``FOLDER/a.mat``.
        annotators: Largest number of annotators to use, from the first on; None for all.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ModuleNotFoundError: If scipy is not installed.
        ValueError: If ``annotators`` is not an integer >= 1.
    """

    annotators = True

    def __init__(self, folder: str, annotators: int | None = None) -> None:
        if annotators is not None and not is_count(annotators):
            raise ValueError(f'BSDS: annotators is {annotators!r}: give the largest number to use, or None for all')
        require('scipy')
        self.folder, self.most = require_folder(folder), annotators
        self.options: dict[str, Any] = dict(
            method='human-bsds', annotators=annotators, masks_sha256=digest(self.folder)
        )

    def _path(self, name: str) -> str:
        """Builds the path of an image's file."""
        return os.path.join(self.folder, os.path.splitext(name)[0] + '.mat')

    def read(self, name: str, size: tuple[int, int] | None = None) -> Annotation:
        """Reads the segmentations of an image, (H, W, A); ids continue from plane to plane.

        Raises:
            ValueError: If the file is missing, or has another format.
        """
        from scipy.io import loadmat  # late: optional, and slow to import

        path = require_annotation(self._path(name), name)
        try:
            entries = loadmat(path)['groundTruth'][0]
            planes = [entry['Segmentation'][0, 0].astype(np.int32) for entry in entries[: self.most]]
            regions = stack_planes(planes)
        except Exception as error:  # scipy raises nearly anything on damaged files
            raise ValueError(f"the mask {path} of {name} cannot be read as one of BSDS500's: {error!r}") from error
        require_size(regions.shape[:2], size, name, path)
        return Annotation(regions, {})
