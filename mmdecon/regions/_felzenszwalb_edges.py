"""The pixel graph of :class:`mmdecon.Felzenszwalb`: edges between neighbouring pixels, sorted by their costs.

numba compiles these loops when they first run; import this module late. The compiled code is cached beside this file,
or, if that folder is not writable, in the user's cache folder, or in ``NUMBA_CACHE_DIR``. All functions release the
interpreter's lock (GIL) and start no threads.

Shapes: H x W the image in pixels, E the edges between neighbouring pixels.

An edge is a 64-bit integer. The upper half is its cost in steps of 2**-31. The lower half is four times the index of
its first pixel, in raster order, plus its direction, an index into ``STEPS``.
"""

import numpy as np
from numba import njit

# Right, down, down and right, down and left: (rows, columns).
STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
COST_STEPS = 2.0**31
# Costs are below 2, so they have 32 bits. Radix sort takes so many bits at a time: the counters fit into the L1 cache.
DIGITS = (11, 11, 10)
# Up to this many edges, insertion sort is faster than merge sort.
INSERTION = 32


@njit(cache=True, nogil=True)
def mirrored(index: int, size: int) -> int:
    """Maps any index into ``0 .. size - 1`` by reflection at the border; the outermost element is repeated."""
    index %= 2 * size
    return index if index < size else 2 * size - 1 - index


@njit(cache=True, nogil=True)
def blur(planes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Blurs along the columns, then along the rows, and sums in the order of ``scipy.ndimage.gaussian_filter``.

    Args:
        planes: (3, H, W), float64.
        weights: The centre and one half of the symmetric kernel, float64.

    Returns:
        (3, H, W), float64, bit for bit equal to scipy's result with ``mode='reflect'``.
    """
    channels, height, width = planes.shape
    radius = weights.size - 1
    blurred = np.empty_like(planes)
    column = np.empty(width + 2 * radius)
    for channel in range(channels):
        for y in range(height):
            for x in range(width):
                column[radius + x] = planes[channel, y, x] * weights[0]
            for k in range(radius, 0, -1):
                above, below = planes[channel, mirrored(y - k, height)], planes[channel, mirrored(y + k, height)]
                for x in range(width):
                    column[radius + x] += (above[x] + below[x]) * weights[k]
            for k in range(1, radius + 1):
                column[radius - k] = column[radius + mirrored(-k, width)]
                column[radius + width - 1 + k] = column[radius + mirrored(width - 1 + k, width)]
            row = blurred[channel, y]
            for x in range(width):
                row[x] = column[radius + x] * weights[0]
            for k in range(radius, 0, -1):
                for x in range(width):
                    row[x] += (column[radius + x - k] + column[radius + x + k]) * weights[k]
    return blurred


@njit(cache=True, nogil=True)
def edge_costs(planes: np.ndarray) -> np.ndarray:
    """Computes the colour distances of neighbouring pixels.

    Args:
        planes: (3, H, W), float64, 0..1.

    Returns:
        (4, H, W), float64: the Euclidean distance from each pixel to its neighbour in each of ``STEPS``; arbitrary
        where the neighbour lies outside the image.
    """
    _, height, width = planes.shape
    costs = np.empty((len(STEPS), height, width))
    for direction in range(len(STEPS)):
        down, right = STEPS[direction]
        for y in range(height - down):
            first, second, third = planes[0, y], planes[1, y], planes[2, y]
            near, middle, far = planes[0, y + down], planes[1, y + down], planes[2, y + down]
            row = costs[direction, y]
            for x in range(max(0, -right), width - max(0, right)):
                a, b, c = near[x + right] - first[x], middle[x + right] - second[x], far[x + right] - third[x]
                row[x] = np.sqrt(a * a + b * b + c * c)
    return costs


@njit(cache=True, nogil=True)
def list_edges(costs: np.ndarray) -> np.ndarray:
    """Lists the edges inside the image, by direction and then in raster order, (E,), uint64."""
    _, height, width = costs.shape
    edges = np.empty(height * (width - 1) + (height - 1) * width + 2 * (height - 1) * (width - 1), np.uint64)
    count = 0
    for direction in range(len(STEPS)):
        down, right = STEPS[direction]
        for y in range(height - down):
            for x in range(max(0, -right), width - max(0, right)):
                cost = np.uint64(costs[direction, y, x] * COST_STEPS)
                edges[count] = cost << np.uint64(32) | np.uint64((y * width + x) * 4 + direction)
                count += 1
    return edges


@njit(cache=True, nogil=True)
def sort_by_digits(edges: np.ndarray) -> np.ndarray:
    """Radix-sorts edges by their upper half; the sort is stable. The input is overwritten."""
    source, target = edges, np.empty_like(edges)
    shift = 32
    for bits in DIGITS:
        mask = (1 << bits) - 1
        places = np.zeros(1 << bits, np.int64)
        for edge in source:
            places[np.int64(edge >> np.uint64(shift)) & mask] += 1
        start = 0
        for value in range(places.size):
            start, places[value] = start + places[value], start
        for edge in source:
            digit = np.int64(edge >> np.uint64(shift)) & mask
            target[places[digit]] = edge
            places[digit] += 1
        source, target = target, source
        shift += bits
    return source


@njit(cache=True, nogil=True)
def sort_run(edges: np.ndarray, exact: np.ndarray) -> None:
    """Sorts edges by their exact costs in place; the sort is stable. Both are (run,), and both are changed."""
    if edges.size > INSERTION:
        edges[:] = edges[np.argsort(exact, kind='mergesort')]
        return
    for i in range(1, edges.size):
        edge, cost, place = edges[i], exact[i], i
        while place > 0 and exact[place - 1] > cost:
            edges[place], exact[place] = edges[place - 1], exact[place - 1]
            place -= 1
        edges[place], exact[place] = edge, cost


@njit(cache=True, nogil=True)
def sort_alike(edges: np.ndarray, costs: np.ndarray) -> None:
    """Sorts edges whose costs fall into the same step by their exact costs (4 * H * W,), in place."""
    pixels = costs.size // len(STEPS)
    exact = np.empty(edges.size)
    start = 0
    while start < edges.size:
        step, end, rising = edges[start] >> np.uint64(32), start + 1, True
        if end == edges.size or edges[end] >> np.uint64(32) != step:
            start = end
            continue
        end = start
        while end < edges.size and edges[end] >> np.uint64(32) == step:
            place = np.int64(edges[end] & np.uint64(0xFFFFFFFF))
            exact[end] = costs[(place & 3) * pixels + (place >> 2)]
            rising &= end == start or exact[end] >= exact[end - 1]
            end += 1
        if not rising:
            sort_run(edges[start:end], exact[start:end])
        start = end
