import doctest

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import RandomResizedCrop

from mmdecon.images import crops, seeding
from tests.support.samples import critical_distance, distance

SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)


def describe(boxes: np.ndarray) -> dict[str, np.ndarray]:
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return dict(
        left=boxes[:, 0], top=boxes[:, 1], width=width, height=height, area=width * height, ratio=width / height
    )


@pytest.mark.parametrize('width, height, scale', [(640, 480, SCALE), (300, 500, (0.2, 0.6)), (900, 150, SCALE)])
def test_draw_crop_has_the_distribution_of_torchvision(width: int, height: int, scale: tuple[float, float]) -> None:
    count = 3000
    np.random.seed(0)
    torch.manual_seed(0)
    ours = np.array([crops.draw_crop(width, height, scale, RATIO) for _ in range(count)])
    image = Image.new('L', (width, height))
    theirs = np.array(
        [RandomResizedCrop.get_params(image, scale, RATIO) for _ in range(count)]
    )  # top, left, height, width
    theirs = np.stack([theirs[:, 1], theirs[:, 0], theirs[:, 1] + theirs[:, 3], theirs[:, 0] + theirs[:, 2]], axis=1)

    assert (ours[:, :2] >= 0).all() and (ours[:, 2] <= width).all() and (ours[:, 3] <= height).all()
    reference = describe(theirs)
    for name, values in describe(ours).items():
        assert distance(values, reference[name]) < critical_distance(count), name


def test_a_crop_that_never_fits_becomes_the_centre_as_in_torchvision() -> None:
    for width, height in [(2000, 10), (10, 2000), (1, 100), (1, 1)]:
        image = Image.new('L', (width, height))
        top, left, h, w = RandomResizedCrop.get_params(image, (1.0, 1.0), RATIO)
        assert crops.draw_crop(width, height, (1.0, 1.0), RATIO) == (left, top, left + w, top + h)


def share_below(min_overlap: float, conditioned: float | None, tries: int, pairs: int = 1500) -> float:
    """Share of pairs on a wide image, in small crops, whose second crop overlaps less than ``min_overlap``."""
    np.random.seed(1)
    drawn = [crops.draw_pair(640, 160, (0.08, 0.2), RATIO, conditioned, tries) for _ in range(pairs)]
    return np.mean([crops.shared_fraction(second, first) < min_overlap for first, second in drawn])


def test_second_crops_overlap_the_first_unless_all_tries_fail() -> None:
    independent = share_below(0.01, None, 10)
    assert 0.5 < independent < 0.8
    assert share_below(0.01, 0.0, 10) == pytest.approx(independent, abs=0.05)  # no condition
    one, two, ten = (share_below(0.01, 0.01, tries) for tries in (1, 2, 10))
    # about independent ** (tries + 1), more as the first crop at an edge is harder to meet
    assert independent**2 < one < independent**2 + 0.1
    assert independent**3 < two < independent**3 + 0.1
    assert ten < 0.1


def test_impossible_overlap_gives_unconditioned_pairs() -> None:
    # only an equal crop lies wholly in the first one here, so all tries fail and pairs without any overlap are legal
    assert share_below(1e-9, 1.0, 3) == pytest.approx(share_below(1e-9, None, 3), abs=0.06)


def test_shared_fraction_counts_pixels() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        boxes = []
        for _ in range(2):
            left, right = sorted(rng.choice(13, 2, replace=False))
            top, bottom = sorted(rng.choice(13, 2, replace=False))
            boxes.append((left, top, right, bottom))
        masks = np.zeros((2, 12, 12), bool)
        for mask, (left, top, right, bottom) in zip(masks, boxes):
            mask[top:bottom, left:right] = True
        assert crops.shared_fraction(*boxes) == pytest.approx((masks[0] & masks[1]).sum() / masks[0].sum())


def test_resize_nearest_is_pillows() -> None:
    labels = np.random.default_rng(0).integers(0, 2**16, (40, 50), dtype=np.int32)
    # odd sides: no cell's centre falls between two pixels, where Pillow's rounding errors choose one
    for box, size in [((3, 5, 46, 32), (17, 23)), ((0, 0, 49, 39), (39, 49)), ((10, 10, 15, 13), (30, 9))]:
        resized = Image.fromarray(labels).crop(box).resize(size[::-1], Image.Resampling.NEAREST)
        assert np.array_equal(crops.resize_nearest(labels, box, size), np.asarray(resized))


@pytest.mark.parametrize('module', [crops, seeding])
def test_examples(module) -> None:
    failed, tried = doctest.testmod(module)
    assert tried and not failed
