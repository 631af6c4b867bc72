"""The merging of :class:`mmdecon.Felzenszwalb`: edge by edge, pixels become regions.

Compiled by numba, as :mod:`._felzenszwalb_edges` says, which also says what an edge is. A file of its own, as numba
notices changes within a file alone; hence nothing compiled is imported here.

Shapes: N the image's pixels, E edges.

Regions are trees: each pixel points to its parent, a region's root to itself.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def root_of(pixel: Any, parents: np.ndarray) -> Any:
    """Climbs to a tree's root and halves the path on the way."""
    while parents[pixel] != pixel:
        parents[pixel] = parents[parents[pixel]]
        pixel = parents[pixel]
    return pixel


@njit(cache=True, nogil=True)
def join(first: int, second: int, parents: np.ndarray, sizes: np.ndarray) -> int:
    """Hangs the smaller of two trees, given by their roots, below the larger one, whose root it returns."""
    if sizes[first] < sizes[second]:
        first, second = second, first
    parents[second] = first
    sizes[first] += sizes[second]
    return first


@njit(cache=True, nogil=True)
def merge_alike(
    edges: np.ndarray, costs: np.ndarray, offsets: np.ndarray, scale: float, parents: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """Joins two regions where the edge between them costs less than both allow.

    A region allows its own dearest edge, 0 for a pixel, plus ``scale`` / its size. The sum is rounded to float32, as in
    scikit-image.

    Args:
        edges: (E,), uint64, cheapest first.
        costs: (4, N), float64, exact costs by direction and pixel.
        offsets: From a pixel to its neighbour in each direction, (4,), int64.
        scale: On the scale of the costs.
        parents: (N,), int32, each pixel its own; changed in place.
        sizes: (N,), int32, ones; changed in place.

    Returns:
        The edges between different regions at the time, in their order, (at most E,), uint64.
    """
    limits = np.full(parents.size, np.float32(scale), np.float32)
    refused = np.empty_like(edges)
    count = 0
    for edge in edges:
        place = np.int64(edge & np.uint64(0xFFFFFFFF))
        direction, pixel = place & 3, place >> 2
        first, second = root_of(pixel, parents), root_of(pixel + offsets[direction], parents)
        if first == second:
            continue
        cost = costs[direction, pixel]
        if cost < min(limits[first], limits[second]):
            root = join(first, second, parents, sizes)
            limits[root] = np.float32(cost + scale / sizes[root])
        else:
            refused[count] = edge
            count += 1
    return refused[:count]


@njit(cache=True, nogil=True)
def merge_small(edges: np.ndarray, offsets: np.ndarray, min_size: int, parents: np.ndarray, sizes: np.ndarray) -> None:
    """Joins two regions wherever one of them has fewer than ``min_size`` pixels; arguments as above."""
    for edge in edges:
        place = np.int64(edge & np.uint64(0xFFFFFFFF))
        first, second = root_of(place >> 2, parents), root_of((place >> 2) + offsets[place & 3], parents)
        if first != second and min(sizes[first], sizes[second]) < min_size:
            join(first, second, parents, sizes)


@njit(cache=True, nogil=True)
def number(parents: np.ndarray) -> np.ndarray:
    """Numbers the regions 0, 1, ... in the raster order of their first pixels, (N,), int32."""
    numbers, labels = np.full(parents.size, -1, np.int32), np.empty_like(parents)
    count = 0
    for pixel in range(parents.size):
        root = root_of(pixel, parents)
        if numbers[root] < 0:
            numbers[root] = count
            count += 1
        labels[pixel] = numbers[root]
    return labels
