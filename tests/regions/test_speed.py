import json

import numpy as np
import pytest

from mmdecon.images.reading import UnreadableImage
from mmdecon.regions.speed import agreement, compare_felzenszwalb
from tests.support.region_images import NUCLEI


def test_agreement_matches_regions_one_to_one():
    labels = np.array([[0, 0, 0, 1, 1, 1], [2, 2, 2, 2, 2, 2]])
    others = np.array([[5, 5, 5, 5, 5, 9], [7, 7, 7, 8, 8, 8]])
    # 0-5 shares 3, 1-9 shares 1, 2-7 shares 3; matching 1-5 and 0 with none would share 2 less.
    assert agreement(labels, others) == pytest.approx(7 / 12)
    assert agreement(others, labels) == pytest.approx(7 / 12)
    assert agreement(labels, 10 - labels) == 1


def test_agreement_is_of_one_image():
    with pytest.raises(ValueError, match=r'\(2, 2\) and \(2, 3\)'):
        agreement(np.zeros((2, 2), int), np.zeros((2, 3), int))


def test_a_comparison_tells_what_it_measured():
    comparison = compare_felzenszwalb(NUCLEI[:3], scale=100, min_size=20)
    assert (comparison.images, comparison.identical, comparison.least_agreement) == (3, 3, 1)
    assert comparison.least_alike == '' and comparison.mean_agreement == 1
    assert comparison.options == {'method': 'felzenszwalb', 'scale': [100], 'min_size': 20, 'sigma': 0.8}
    assert comparison.speedup == pytest.approx(comparison.reference_seconds / comparison.seconds)
    assert json.loads(json.dumps(comparison.to_json())) == comparison.to_json()
    assert 'identical of 3 images | 3 |' in comparison.table()


def test_what_cannot_be_compared_is_refused(tmp_path):
    with pytest.raises(ValueError, match='no image to compare'):
        compare_felzenszwalb([])
    with pytest.raises(ValueError, match='one scale after the other'):
        compare_felzenszwalb(NUCLEI[:1], scale=[10, 20])
    with pytest.raises(UnreadableImage, match=r'missing\.png'):
        compare_felzenszwalb([str(tmp_path / 'missing.png')])


@pytest.mark.slow
def test_ours_is_several_times_as_fast():
    comparison = compare_felzenszwalb(NUCLEI)
    assert comparison.speedup > 2.5 and comparison.least_agreement >= 0.99
