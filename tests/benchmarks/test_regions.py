import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.felzenszwalb import agreement, compare_felzenszwalb
from mmdecon.images.errors import UnreadableImage
from tests.support.benchmark import run_benchmark
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
def test_both_segment_the_bundled_images_alike():
    assert compare_felzenszwalb(NUCLEI).least_agreement >= 0.99


def test_the_tool_writes_what_it_prints(tmp_path: Path, monkeypatch, capsys) -> None:
    images, out = Path(NUCLEI[0]).parent, tmp_path / 'regions.json'
    run_benchmark(monkeypatch, 'regions', '--images', 2, '--json', out, '--data', images)
    assert 'times as fast' in capsys.readouterr().out and json.loads(out.read_text())['identical'] == 2
    with pytest.raises(SystemExit, match='no file there ends in'):
        run_benchmark(monkeypatch, 'regions', '--data', tmp_path)
