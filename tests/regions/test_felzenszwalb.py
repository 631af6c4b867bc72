from functools import partial

import numpy as np
import pytest
from skimage.segmentation import felzenszwalb as reference

from mmdecon.images.reading import read_image
from mmdecon.regions._felzenszwalb_edges import list_edges, sort_alike, sort_by_digits
from tests.support.region_images import NUCLEI, grey, patches, segment

argsort = np.argsort


def by_definition(image: np.ndarray, scale: float, min_size: int) -> np.ndarray:
    """The paper's algorithm without a blur, on sets of pixels; ties fall as the class says."""
    height, width = image.shape[:2]
    colours = image[..., ::-1] * (1 / 255)
    edges = []
    for direction, (down, right) in enumerate([(0, 1), (1, 0), (1, 1), (1, -1)]):
        for y in range(height - down):
            for x in range(max(0, -right), width - max(0, right)):
                difference = colours[y, x] - colours[y + down, x + right]
                cost = np.sqrt((difference * difference).sum())
                edges.append((cost, direction, y * width + x, (y + down) * width + x + right))
    edges.sort()
    region = {pixel: (frozenset([pixel]), 0.0) for pixel in range(height * width)}

    def join(cost: float, a: tuple, b: tuple) -> None:
        region.update(dict.fromkeys(a[0] | b[0], (a[0] | b[0], cost)))

    def allowed(pixels: frozenset, dearest: float) -> np.float32:
        return np.float32(dearest + scale / 255 / len(pixels))

    for cost, _, first, second in edges:
        a, b = region[first], region[second]
        if a is not b and cost < float(min(allowed(*a), allowed(*b))):
            join(cost, a, b)
    for cost, _, first, second in edges:
        a, b = region[first], region[second]
        if a is not b and min(len(a[0]), len(b[0])) < min_size:
            join(cost, a, b)
    firsts = [min(region[pixel][0]) for pixel in range(height * width)]
    return np.unique(firsts, return_inverse=True)[1].reshape(height, width)


@pytest.mark.wide
def test_two_halves_by_hand():
    """100 grey levels apart, sqrt(3) * 100 / 255 = 0.679; halves of 4 pixels allow scale / 255 / 4."""
    image = grey([[0, 0, 100, 100]] * 2)
    assert 600 / 255 / 4 < 3**0.5 * 100 / 255 < 700 / 255 / 4
    parted, whole = (segment(image, scale=scale, min_size=1, sigma=0)[..., 0] for scale in (600, 700))
    np.testing.assert_array_equal(parted, [[0, 0, 1, 1]] * 2)
    np.testing.assert_array_equal(whole, np.zeros((2, 4)))
    small = segment(image, scale=600, min_size=5, sigma=0)
    np.testing.assert_array_equal(small[..., 0], whole)


def test_an_edge_that_costs_as_much_as_allowed_parts():
    """1 against scale / 255, in float32, where a ten-thousandth of a millionth more is still 1."""
    image = np.array([[[0, 0, 0], [0, 255, 0]]], np.uint8)
    for scale in (255, 255 * (1 + 1e-10)):
        assert segment(image, scale=scale, min_size=1, sigma=0).tolist() == [[[0], [1]]]
        np.testing.assert_array_equal(reference(image, scale=scale, min_size=1, sigma=0), [[0, 1]])
    assert segment(image, scale=255.001, min_size=1, sigma=0).tolist() == [[[0], [0]]]


@pytest.mark.parametrize('spread', [3, 1000])
def test_edges_are_sorted_by_exact_costs_and_then_by_place(spread):
    """Costs a few units in the last place apart share their step, in runs shorter and longer than insertion sorts."""
    rng = np.random.default_rng(spread)
    costs = rng.integers(0, spread, (4, 40, 50)) / 2000 + rng.integers(0, 3, (4, 40, 50)) * 2.0**-50
    edges = list_edges(costs)
    listed = edges & np.uint64(0xFFFFFFFF)
    found = sort_by_digits(edges)
    sort_alike(found, costs.ravel())
    exact = costs.reshape(4, -1)[listed & np.uint64(3), listed >> np.uint64(2)]
    np.testing.assert_array_equal(found & np.uint64(0xFFFFFFFF), listed[argsort(exact, kind='stable')])


@pytest.mark.parametrize('seed', range(12))
def test_it_is_the_papers_algorithm(seed):
    height, width, levels = np.random.default_rng(seed).integers([2, 2, 2], [14, 14, 200])
    image = patches(seed, height, width, levels, side=1 + seed % 3)
    for scale, min_size in ((40, 1), (300, 6), (1000, 3)):
        wanted = by_definition(image, scale, min_size)
        found = segment(image, scale=scale, min_size=min_size, sigma=0)
        np.testing.assert_array_equal(found[..., 0], wanted)


@pytest.mark.parametrize('options', [dict(), dict(scale=100, min_size=20), dict(scale=300, min_size=50, sigma=2.5)])
def test_photos_are_segmented_as_by_scikit_image(options):
    for path in NUCLEI[:6]:
        image = read_image(path)
        wanted = reference(image[..., ::-1], **{'scale': 1000, 'min_size': 1000, **options})
        np.testing.assert_array_equal(segment(image, **options)[..., 0], wanted)


@pytest.mark.parametrize('sigma', [0, 0.1, 0.8, 2, 7])
@pytest.mark.parametrize('seed', range(8))
def test_ties_fall_as_in_scikit_image_with_a_stable_sort(seed, sigma, monkeypatch):
    monkeypatch.setattr(np, 'argsort', partial(argsort, kind='stable'))
    height, width, levels = np.random.default_rng(seed).integers([1, 1, 2], [60, 60, 30])
    image = patches(seed, height, width, levels, side=1 + seed % 4)
    for scale, min_size in ((1, 1), (100, 20), (1000, 1000)):
        wanted = reference(image[..., ::-1], scale=scale, min_size=min_size, sigma=sigma)
        found = segment(image, scale=scale, min_size=min_size, sigma=sigma)
        np.testing.assert_array_equal(found[..., 0], wanted)


@pytest.mark.parametrize('seed', [0, 3, 9, 21])
def test_channels_are_added_up_in_scikit_images_order(seed, monkeypatch):
    """Blue first, the last bits of the costs differ, and on these images the regions with them."""
    monkeypatch.setattr(np, 'argsort', partial(argsort, kind='stable'))
    image = patches(seed, 30, 30, int(np.random.default_rng(seed).integers(2, 30)), side=1 + seed % 3)
    by_order = [reference(look, scale=100, min_size=5, sigma=0) for look in (image, image[..., ::-1])]
    assert (by_order[0] != by_order[1]).any()
    np.testing.assert_array_equal(segment(image, scale=100, min_size=5, sigma=0)[..., 0], by_order[1])


@pytest.mark.parametrize(('height', 'width'), [(1, 1), (1, 9), (9, 1), (2, 2), (3, 200)])
def test_odd_shapes_are_segmented_as_by_scikit_image(height, width):
    image = patches(1, height, width, 200)
    wanted = reference(image[..., ::-1], scale=100, min_size=2)
    np.testing.assert_array_equal(segment(image, scale=100, min_size=2)[..., 0], wanted)


def test_one_colour_is_one_region():
    assert not segment(np.full((70, 50, 3), 93, np.uint8)).any()


def test_views_of_memory_are_read_as_they_look():
    image = read_image(NUCLEI[0])
    for look in (image[::2, 10:], image[::-1], image.transpose(1, 0, 2)):
        np.testing.assert_array_equal(segment(look), segment(look.copy()))


def test_regions_have_min_size_pixels_or_are_the_image():
    image = read_image(NUCLEI[0])
    sizes = {size: np.bincount(segment(image, scale=50, min_size=size).ravel()) for size in (1, 40, 10**6)}
    assert sizes[1].min() < 40 <= sizes[40].min() and sizes[40].size > 1
    assert sizes[10**6].size == 1


def test_scales_give_planes_with_ids_of_their_own():
    image = read_image(NUCLEI[0])
    planes = segment(image, scale=[50, 1000, 100], min_size=30)
    assert planes.dtype == np.int32 and planes.shape == (*image.shape[:2], 3)
    ids = [np.unique(planes[..., plane]) for plane in range(3)]
    np.testing.assert_array_equal(np.concatenate(ids), np.arange(sum(map(len, ids))))
    for plane, scale in enumerate([50, 1000, 100]):
        alone = segment(image, scale=scale, min_size=30)[..., 0]
        np.testing.assert_array_equal(planes[..., plane] - ids[plane][0], alone)
