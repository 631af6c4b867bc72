"""The merging step of :class:`mmdecon.Felzenszwalb`: edge by edge, pixels become regions.

numba compiles these loops; see :mod:`._felzenszwalb_edges`, which also defines edges. numba's cache notices only
changes within one file, so this file imports no other compiled code.

Shapes: N the image's pixels, E edges.

Regions are trees (union-find): each pixel points to its parent, and the root of a region points to itself.
"""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def root_of(pixel: Any, parents: np.ndarray) -> Any:
    """Finds the root of a pixel's tree and halves the path to it."""
    while parents[pixel] != pixel:
        parents[pixel] = parents[parents[pixel]]
        pixel = parents[pixel]
    return pixel


@njit(cache=True, nogil=True)
def join(first: int, second: int, parents: np.ndarray, sizes: np.ndarray) -> int:
    """Joins two trees, given by their roots: the smaller one goes below the larger one. Returns the new root."""
    if sizes[first] < sizes[second]:
        first, second = second, first
    parents[second] = first
    sizes[first] += sizes[second]
    return first


@njit(cache=True, nogil=True)
def merge_alike(
    edges: np.ndarray, costs: np.ndarray, offsets: np.ndarray, scale: float, parents: np.ndarray, sizes: np.ndarray
) -> np.ndarray:
    """Joins two regions if the edge between them costs less than the limits of both.

    The limit of a region is the largest cost of the edges that built it (0 for one pixel) plus ``scale`` / its size in
    pixels. The sum is rounded to float32, as in scikit-image.

    Args:
        edges: (E,), uint64, sorted by cost, the lowest first.
        costs: (4, N), float64, exact costs by direction and pixel.
        offsets: Index differences from a pixel to its neighbour in each direction, (4,), int64.
        scale: In units of the costs.
        parents: (N,), int32; each pixel is its own parent at the start; changed in place.
        sizes: (N,), int32; ones at the start; changed in place.

    Returns:
        The edges that joined nothing although their regions differed, in their order, (at most E,), uint64.
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
    """Joins two regions if one of them has fewer than ``min_size`` pixels; other arguments as in ``merge_alike``."""
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
