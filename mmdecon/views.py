"""Views and their geometry: where two crops of one image show the same place. Nothing here is learnt.

Shapes: B images, C channels of an image or a map, H x W the view's size in pixels, h x w a map's size in cells, S
planes of regions, M drawn regions.

Boxes are ``(left, top, right, bottom)``. A crop's box is in pixels of the source image, right and bottom exclusive. A
box *within* a view is in fractions 0..1 of the view's width and height, in the view as the network sees it (mirrored if
flipped).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .precision import upcast
from .resample import centres, resample

WHOLLY = 0.999  # of what is interpolated between cells must come from those that count


class RegionSample(NamedTuple):
    """Regions drawn from a view, on the grid of a map.

    Attributes:
        ids: Which region each draw took, (B, M); draws may repeat, -1 where the view has no region.
        shares: How much each cell belongs to it, (B, M, h, w), 0..1.
    """

    ids: Tensor
    shares: Tensor


class View(NamedTuple):
    """A batch of augmented crops, one of each image, and how they were cut.

    Attributes:
        image: Normalised pixels, (B, C, H, W).
        box: Crop boxes in source pixels, (B, 4).
        flipped: Whether the crop was mirrored left to right, (B,), bool.
        regions: Region ids of each pixel in S planes, (B, S, H, W), integer, -1 where there is none; None where the
            data has no regions.
        source: Width and height of the source image in pixels, (B, 2), or None where the data does not tell.
        sample: The regions drawn from this view for a branch, or None where it draws none.
        noise: What was added to make its noisy copy, (B, C, H, W), of variance 1; None where no branch denoises.
        valid: Which pixels have a value (others are NaN or nodata in the source, and 0 in ``image``), (B, H, W), bool;
            where a branch reads a view at fewer positions, of these. None where the data has no such pixels.
    """

    image: Tensor
    box: Tensor
    flipped: Tensor
    regions: Tensor | None = None
    source: Tensor | None = None
    sample: RegionSample | None = None
    noise: Tensor | None = None
    valid: Tensor | None = None


class Overlap(NamedTuple):
    """What one view shares with another.

    Attributes:
        box: The shared area within the view, in fractions of its width and height, (B, 4); arbitrary where empty.
        valid: Whether the two crops share any area, (B,), bool.
    """

    box: Tensor
    valid: Tensor


class Cells(NamedTuple):
    """Where the cells of a view's map lie in the source image, in one unit.

    Attributes:
        x: Centres of the columns, (B, w), falling in mirrored views.
        y: Centres of the rows, (B, h).
        diagonal: Of one cell, (B,).
    """

    x: Tensor
    y: Tensor
    diagonal: Tensor


def shared_area(boxes: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Intersects boxes pairwise.

    Args:
        boxes: (B, 4), in any unit.
        others: (B, 4), in the same unit.

    Returns:
        The intersections (B, 4), right < left or bottom < top where there is none, and whether each has an area (B,).

    Examples:
        >>> shared_area(torch.tensor([[0., 0., 4., 4.]]), torch.tensor([[2., 1., 6., 3.]]))
        (tensor([[2., 1., 4., 3.]]), tensor([True]))
    """
    shared = torch.cat([torch.maximum(boxes[:, :2], others[:, :2]), torch.minimum(boxes[:, 2:], others[:, 2:])], dim=1)
    return shared, (shared[:, 2:] > shared[:, :2]).all(dim=1)


def mirror(boxes: Tensor, flipped: Tensor) -> Tensor:
    """Mirrors the boxes of flipped views: left becomes 1 - right.

    Args:
        boxes: Within the view, fractions, (B, 4).
        flipped: (B,), bool.

    Returns:
        (B, 4).

    Examples:
        >>> mirror(torch.tensor([[0.25, 0., 1., 1.]]), torch.tensor([True]))
        tensor([[0.0000, 0.0000, 0.7500, 1.0000]])
    """
    left, top, right, bottom = boxes.unbind(dim=1)
    mirrored = torch.stack([1 - right, top, 1 - left, bottom], dim=1)
    return torch.where(flipped[:, None], mirrored, boxes)


def overlap(view: View, other: View) -> Overlap:
    """Finds, within ``view``, the area that ``other`` shows too.

    Args:
        view: The view in whose coordinates the answer is given.
        other: The other view of the same images.

    Returns:
        The shared area of each pair; pairs of crops without common area have ``valid`` False and the whole view as box.
    """
    shared, valid = shared_area(view.box, other.box)
    return Overlap(place_within(view, torch.where(valid[:, None], shared, view.box)), valid)


def place_within(view: View, boxes: Tensor) -> Tensor:
    """Finds boxes of the source image within a view.

    Args:
        view: The view.
        boxes: In source pixels, (B, 4).

    Returns:
        In fractions of the view's width and height, mirrored where it is, (B, 4); beyond 0..1 where they leave it.
    """
    origin, extent = view.box[:, :2], view.box[:, 2:] - view.box[:, :2]
    return mirror((boxes - origin.repeat(1, 2)) / extent.repeat(1, 2), view.flipped)


def crop_overlap(maps: Tensor, view: View, other: View) -> tuple[Tensor, Tensor]:
    """Cuts from a view's maps the area shared with the other view, resampled to the maps' own size and never mirrored.

    The same place of the source image is the same cell in ``crop_overlap(a_maps, a, b)`` and ``crop_overlap(b_maps, b,
    a)``. Each cell is one bilinear sample at its centre, as an aligned RoI-align of an area smaller than the map takes;
    cells outside the map repeat its border.

    Args:
        maps: Maps of ``view``, (B, C, h, w).
        view: The view that the maps belong to.
        other: The other view of the same images.

    Returns:
        The cut maps, (B, C, h, w), at least float32, and whether each pair shares any area, (B,); the cut of a pair
        that shares none is its whole map, finite and meaningless.
    """
    box, valid = overlap(view, other)
    return resample(maps, box, maps.shape[2:], view.flipped), valid


def cells_in_source(view: View, shape: Sequence[int], unit: str = 'pixel') -> Cells:
    """Finds the cells of a view's map in the source image.

    Args:
        view: The view that the map belongs to.
        shape: (h, w).
        unit: ``'pixel'``, or ``'fraction'`` as PixPro has it: of the source's width and height, measured from the
            centre of a view's or image's first pixel to that of its last.

    Returns:
        Centres and diagonals, at least float32.

    Raises:
        ValueError: If the unit is none, or needs a ``View.source`` that the data does not tell.
    """
    left, top, right, bottom = upcast(view.box).unbind(dim=1)
    if unit == 'fraction':
        if view.source is None:
            raise ValueError(
                "cells are wanted in fractions of the source image and View.source is None: give the image's width and "
                "height (mmdecon.PackViews does), or measure in unit='pixel'"
            )
        width, height = (view.source.to(left) - 1).clamp(min=1).unbind(dim=1)
        left, top, right, bottom = left / width, top / height, (right - 1) / width, (bottom - 1) / height
    elif unit != 'pixel':
        raise ValueError(f"unit is {unit!r}; known: 'fraction', 'pixel'")
    (h, w), flipped = shape, view.flipped
    x = centres(torch.where(flipped, right, left), torch.where(flipped, left, right), w)
    return Cells(x, centres(top, bottom, h), torch.hypot((right - left) / w, (bottom - top) / h))
