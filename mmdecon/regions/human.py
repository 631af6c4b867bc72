"""Regions that people drew, as pictures of labels (VOC, ADE20K, Cityscapes, mmseg's folders) or as BSDS500's files.

Shapes: H x W an image in pixels, A annotators.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compat import require
from ..registry import REGIONS
from .annotations import Annotation, HumanRegions, digest, read_png, require_folder
from .base import NO_REGION, stack_planes

KINDS = ('classes', 'objects')


@REGIONS.register_module()
class LabelFolder(HumanRegions):
    """Regions from a folder with a picture of labels for each image; each label is a region.

    The picture of ``a/b.jpg`` is ``FOLDER/a/b.png``: grey of 8 or 16 bits, or a palette, whose indices count. So are
    VOC's ``SegmentationClass`` and ``SegmentationObject``, the ``annotations`` of ADE20K, and any ``ann_dir`` of mmseg.

    Args:
        folder: Of the pictures.
        ignore: Labels that are no region. VOC has 255 around objects, and 0 for background; CamVid's mmseg version
            has 11.
        suffix: What a picture's name ends in.
        image_suffix: What in an image's name stands in that place, for Cityscapes ``_leftImg8bit.png`` with the suffix
            ``_gtFine_labelIds.png``; None is the extension, whatever it is.
        labels: Whether labels are ``classes``, the same in all images, by which reports average; or ``objects``.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If an argument makes no sense.
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
        """The picture of an image."""
        if self.image_suffix is None:
            stem = os.path.splitext(name)[0]
        elif name.endswith(self.image_suffix):
            stem = name[: -len(self.image_suffix)]
        else:
            raise ValueError(f"{name} does not end in {self.image_suffix!r}: give LabelFolder's image_suffix as it is")
        return os.path.join(self.folder, stem + self.suffix)

    def __contains__(self, name: str) -> bool:
        return os.path.isfile(self._path(name))

    def read(self, name: str) -> Annotation:
        """Reads the labels of an image; one plane, whose ids are the labels.

        Raises:
            ValueError: If there is no picture, or it is damaged or coloured.
        """
        path = self._path(name)
        if not os.path.isfile(path):
            raise ValueError(f'{name} has no mask, there is no file {path}: add it, or leave the image out (--list)')
        labels = read_png(path)
        if labels.ndim != 2:
            raise ValueError(
                f'the mask {path} of {name} is in colour, {labels.shape}: give labels as grey values or a palette; '
                "COCO's panoptic pictures are read by mmdecon.CocoPanoptic"
            )
        labels = labels.astype(np.int32)
        regions = np.where(np.isin(labels, self.ignore), NO_REGION, labels)[..., None]
        ids = [int(label) for label in np.unique(regions) if label > NO_REGION] if self.labels == 'classes' else []
        return Annotation(regions, {label: str(label) for label in ids})


@REGIONS.register_module()
class BSDS(HumanRegions):
    """Regions of BSDS500: what each of A people saw in an image, a plane each; needs scipy.

    Args:
        folder: Of the ``.mat`` files, ``groundTruth/train`` for example; the one of ``a.jpg`` is ``FOLDER/a.mat``.
        annotators: Use the first ones alone, at most that many; None uses all.

    Raises:
        FileNotFoundError: If there is no such folder.
        ModuleNotFoundError: If scipy is not installed.
        ValueError: If ``annotators`` is no number of people.
    """

    annotators = True

    def __init__(self, folder: str, annotators: int | None = None) -> None:
        if annotators is not None and (isinstance(annotators, bool) or annotators < 1):
            raise ValueError(f'BSDS: annotators is {annotators!r}: give how many to use at most, or None for all')
        require('scipy')
        self.folder, self.most = require_folder(folder), annotators
        self.options: dict[str, Any] = dict(
            method='human-bsds', annotators=annotators, masks_sha256=digest(self.folder)
        )

    def _path(self, name: str) -> str:
        """The file of an image."""
        return os.path.join(self.folder, os.path.splitext(name)[0] + '.mat')

    def __contains__(self, name: str) -> bool:
        return os.path.isfile(self._path(name))

    def read(self, name: str) -> Annotation:
        """Reads the segmentations of an image, (H, W, A); ids are numbered through the planes.

        Raises:
            ValueError: If there is no file, or it is not of this kind.
        """
        from scipy.io import loadmat  # late: optional, and slow to import

        path = self._path(name)
        if not os.path.isfile(path):
            raise ValueError(f'{name} has no mask, there is no file {path}: add it, or leave the image out (--list)')
        try:
            people = loadmat(path)['groundTruth'][0]
            planes = [person['Segmentation'][0, 0].astype(np.int32) for person in people[: self.most]]
            return Annotation(stack_planes(planes), {})
        except Exception as error:  # scipy raises nearly anything on damaged files
            raise ValueError(f"the mask {path} of {name} cannot be read as one of BSDS500's: {error!r}") from error
