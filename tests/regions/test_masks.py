"""Run-length codes and polygons are decoded as pycocotools decodes sound ones; damaged ones are refused, undecoded."""

import numpy as np
import pytest

from mmdecon.regions.masks import LONGEST, decode_mask, pack_masks
from tests.support.coco_files import mask
from tests.support.naive_coco import naive_mask, naive_runs

SIZE = (6, 8)


def test_sound_codes() -> None:
    random = np.random.default_rng(0)
    for _ in range(300):
        size = tuple(int(side) for side in random.integers(1, 90, 2))
        truth = random.random(size) < random.random()
        truth[: random.integers(size[0] + 1)] = random.random() < 0.5  # long runs
        counts = mask.encode(np.asfortranarray(truth.astype(np.uint8)))['counts'].decode()
        for code in (counts, naive_runs(counts)):
            np.testing.assert_array_equal(decode_mask(dict(size=list(size), counts=code), size, 'x'), truth)


def test_damaged_codes_are_refused_or_what_they_say() -> None:
    random, read = np.random.default_rng(1), 0
    letters = [chr(code) for code in range(44, 116)]
    for _ in range(3000):
        truth = random.random(SIZE) < random.random()
        counts = list(mask.encode(np.asfortranarray(truth.astype(np.uint8)))['counts'].decode())
        for _ in range(random.integers(1, 4)):
            place = random.integers(len(counts) + 1)
            counts[place : place + random.integers(3)] = random.choice(letters, random.integers(3)).tolist()
        text = ''.join(counts)
        truth = naive_mask(naive_runs(text), SIZE)
        if truth is not None:
            np.testing.assert_array_equal(decode_mask(dict(size=[6, 8], counts=text), SIZE, 'x'), truth)
            read += 1
        else:
            with pytest.raises(ValueError, match='^x cannot be decoded: its (runs|counts) .*; correct it'):
                decode_mask(dict(size=[6, 8], counts=text), SIZE, 'x')
    assert 50 < read < 1500


@pytest.mark.parametrize(
    'counts', [[40], [49, -1], [2**70], [20.5, 27.5], ['48'], [True] * 48, None, 48, '', 'é', '0' * 40, 'oooooooo0', {}]
)
def test_numbers_that_are_no_runs(counts: object) -> None:
    with pytest.raises(ValueError, match='^x cannot be decoded: its (runs|counts) '):
        decode_mask(dict(size=[6, 8], counts=counts), SIZE, 'x')


@pytest.mark.parametrize('size', [None, 48, [8, 6], ['6', '8'], [6, 8, 1]])
def test_codes_of_another_size(size: object) -> None:
    with pytest.raises(ValueError, match=r'^x is of .* pixels \(height, width\), its image of \[6, 8\]'):
        decode_mask(dict(size=size, counts=[48]), SIZE, 'x')


@pytest.mark.parametrize('counts', [[40, 8], [40.0, 8.0], [0, 48]])
def test_whole_numbers(counts: list) -> None:
    assert decode_mask(dict(size=[6, 8], counts=counts), SIZE, 'x').sum() == counts[1]


def test_sound_polygons() -> None:
    random = np.random.default_rng(2)
    for _ in range(200):
        polygons = [random.uniform(-4, 14, 2 * random.integers(3, 9)).tolist() for _ in range(random.integers(1, 4))]
        truth = mask.decode(mask.merge(mask.frPyObjects(polygons, *SIZE))).astype(bool)
        np.testing.assert_array_equal(decode_mask(polygons, SIZE, 'x'), truth)
        if len(polygons) == 1:  # some programs leave the outer list out
            np.testing.assert_array_equal(decode_mask(polygons[0], SIZE, 'x'), truth)
    assert not decode_mask([], SIZE, 'x').any()


@pytest.mark.parametrize(
    'segmentation, message',
    [
        ([[0, 0, 5, 0, 5, float('nan')]], 'its polygon 0 has a corner at nan, not a number within 1000000 pixels'),
        ([[0, 0, 5, 0, 5, 5], [0, 0, 1e9, 0, 5, 5]], r'its polygon 1 has a corner at 1000000000.0, not a number'),
        ([[0, 0, 5, 0, 5, 10**400]], 'its polygon 0 has a corner at 1000'),
        ([[0, 0, 5, 0, 5, '5']], "its polygon 0 has a corner at '5'"),
        ([[0, 0, 999999, 0, 0, 0, 999999, 0, 0, 9]] * 2, f'its outline has 80000.. pixels, more than {LONGEST}'),
        ([[1, 1, 5, 5]], 'its polygon 0 has 4 numbers: x and y of three corners or more'),  # a box for pycocotools
        ([1, 1, 5, 5], 'its polygon 0 has 4 numbers'),
        ([[0, 0, 5, 0, 5, 5], 7], 'its polygon 1 is int'),
        ([[0, 0, 5, 0, 5, 5, 7]], 'its polygon 0 has 7 numbers'),
        (None, 'it is NoneType, neither a list of polygons nor a run-length code'),
        ('[[0, 0]]', 'it is str'),
    ],
)
def test_polygons_out_of_bounds(segmentation: object, message: str) -> None:
    with pytest.raises(ValueError, match=f'^x cannot be decoded: {message}'):
        decode_mask(segmentation, SIZE, 'x')


def test_more_planes_than_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('mmdecon.regions.masks.MOST', 48 * 9)
    full = np.ones(SIZE, bool)
    assert pack_masks((full for _ in range(9)), SIZE).shape == (6, 8, 9)
    with pytest.raises(ValueError, match='a.json: a.jpg: 10 planes of 6 x 8 pixels, as many as overlap, are more than'):
        pack_masks((full for _ in range(10**9)), SIZE, 'a.json: a.jpg')
