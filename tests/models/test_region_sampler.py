"""Drawing regions, against counts made pixel by pixel in NumPy."""

from collections import Counter

import numpy as np
import pytest
import torch

from mmdecon.models import RegionSampler
from mmdecon.models.region_sampler import share_cells
from mmdecon.views import View


def view(regions: torch.Tensor) -> View:
    """A view of which only the regions matter."""
    batch = len(regions)
    return View(torch.zeros(batch, 3, 4, 4), torch.zeros(batch, 4), torch.zeros(batch, dtype=torch.bool), regions)


def counted(regions: np.ndarray, size: tuple, hard: bool) -> dict:
    """Id -> (h, w) shares of one image (S, H, W), one pixel at a time."""
    (planes, height, width), shares = regions.shape, {}
    for plane in range(planes):
        for row in range(size[0]):
            for column in range(size[1]):
                pixels = [
                    int(regions[plane, y, x])
                    for y in range(height)
                    for x in range(width)
                    if y * size[0] // height == row and x * size[1] // width == column
                ]
                counts = Counter(p for p in pixels if p >= 0)
                if hard and counts:
                    best = min(counts, key=lambda i: (-counts[i], i))
                    counts = {best: len(pixels)} if counts[best] >= pixels.count(-1) else {}
                for i, n in counts.items():
                    shares.setdefault(i, np.zeros(size))[row, column] += n / len(pixels)
    return shares


@pytest.mark.parametrize('hard', [True, False])
@pytest.mark.parametrize('size', [(3, 4), (5, 7), (10, 14)])
def test_shares_of_cells(hard: bool, size: tuple) -> None:
    random = np.random.default_rng(3)
    maps = random.integers(-1, 4, (3, 2, 10, 14)) * random.integers(0, 2, (3, 2, 1, 1))
    maps[:, 1] = np.where(maps[:, 1] >= 0, maps[:, 1] + 100000, -1)  # ids are unique over planes and beyond 16 bits
    maps[2] = -1
    table = share_cells(torch.from_numpy(maps), size, hard)
    for image in range(3):
        expected = counted(maps[image], size, hard)
        found = {int(i): s.numpy() for i, s in zip(table.ids[image], table.shares[image]) if i >= 0 and s.any()}
        assert found.keys() == expected.keys()
        for i in expected:
            np.testing.assert_allclose(found[i], expected[i], atol=1e-6)


def test_draws_are_uniform_over_the_regions_that_own_cells() -> None:
    regions = torch.zeros(1, 1, 8, 8, dtype=torch.long)
    regions[..., :4, :] = 7
    regions[..., 0, 0] = 3  # owns no cell
    torch.manual_seed(0)
    ids = RegionSampler(2000)(view(regions), (4, 4)).ids[0]
    assert set(ids.tolist()) == {0, 7} and 900 < (ids == 7).sum() < 1100
    assert set(RegionSampler(2000, pooling='soft')(view(regions), (4, 4)).ids[0].tolist()) == {0, 3, 7}


def test_shares_belong_to_their_ids() -> None:
    regions = torch.randint(0, 5, (3, 1, 12, 12), generator=torch.Generator().manual_seed(0))
    sample = RegionSampler(6)(view(regions), (6, 6))
    table = share_cells(regions, (6, 6), hard=True)
    for image in range(3):
        for i, shares in zip(sample.ids[image], sample.shares[image]):
            assert torch.equal(shares, table.shares[image, (table.ids[image] == i).nonzero()[0, 0]])


def test_a_view_without_regions_draws_none() -> None:
    regions = torch.zeros(2, 1, 8, 8, dtype=torch.long)
    regions[1] = -1
    sample = RegionSampler(4)(view(regions), (2, 2))
    assert sample.ids.tolist() == [[0] * 4, [-1] * 4] and sample.shares[1].sum() == 0
    assert (RegionSampler(4)(view(regions[1:]), (2, 2)).ids == -1).all()


def test_refusals() -> None:
    with pytest.raises(ValueError, match='LoadRegions'):
        RegionSampler()(view(torch.zeros(1, 1, 4, 4))._replace(regions=None), (2, 2))
    with pytest.raises(ValueError, match=r'4, 4.* cannot be pooled to a map of \(8, 8\)'):
        RegionSampler()(view(torch.zeros(1, 1, 4, 4)), (8, 8))
    with pytest.raises(ValueError, match="pooling is 'mean'; known: hard, soft"):
        RegionSampler(pooling='mean')
    with pytest.raises(ValueError, match='num_regions is 0'):
        RegionSampler(0)
