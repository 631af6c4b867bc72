"""Cells' classes, drawn cells, drawn images, and what a confusion matrix tells."""

import math
import sys

import numpy as np
import pytest

from mmdecon.evaluation import Options, confuse, draw_images, match, score
from mmdecon.evaluation.cells import draw_cells, label_cells
from mmdecon.evaluation.split import IGNORED


@pytest.mark.parametrize('labelling', ['majority', 'centre'])
def test_cells_are_labelled_as_a_loop_does(labelling: str) -> None:
    labels = np.random.default_rng(0).integers(-1, 3, (12, 20))
    given = label_cells(labels, (3, 5), 3, labelling)
    for row, column in np.ndindex(3, 5):
        block = labels[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        counts = [(block == label).sum() for label in (0, 1, 2, IGNORED)]
        expected = [0, 1, 2, IGNORED][int(np.argmax(counts))] if labelling == 'majority' else block[2, 2]
        assert given[row, column] == expected


def test_cells_that_do_not_divide_the_image_are_refused() -> None:
    with pytest.raises(ValueError, match=r'\(2, 2\) cells does not divide an annotation of \(5, 4\)'):
        label_cells(np.zeros((5, 4), int), (2, 2), 1)


def test_balanced_cells_keep_rare_classes() -> None:
    labels = np.zeros((20, 20), int)
    labels[0, :3], labels[1, :2] = 1, IGNORED
    drawn = draw_cells(labels, 10, 'balanced', 0, 1)
    assert np.bincount(labels.ravel()[drawn]).tolist() == [7, 3]  # all three of the rare class
    assert (draw_cells(labels, 10, 'balanced', 0, 1) == drawn).all()
    assert len(draw_cells(labels, 10**6, 'uniform', 0)) == 398


def test_draws_are_nested() -> None:
    draws = {(d.labels, d.number): d.images for d in draw_images(40, [16, 8], 3, seed=5)}
    assert len(draws) == 6
    for number in range(3):
        assert draws[16, number][:8] == draws[8, number]
    assert draws[8, 0] != draws[8, 1]
    assert draw_images(40, [8], 1, seed=5)[0].images == draws[8, 0]
    with pytest.raises(ValueError, match='41 labelled images are wanted of 40'):
        draw_images(40, [41], 1, 0)


def test_scores_are_those_of_a_plain_count() -> None:
    random = np.random.default_rng(1)
    labels, predicted = random.integers(-1, 3, 500), random.integers(0, 3, 500)
    found = score(confuse(labels, predicted, 5))
    counted = labels != IGNORED
    for label in range(3):
        hits = ((labels == label) & (predicted == label) & counted).sum()
        union = (((labels == label) | (predicted == label)) & counted).sum()
        assert found.iou[label] == pytest.approx(100 * hits / union)
    assert found.iou[3:] == (None, None)
    assert found.mIoU == pytest.approx(np.mean(found.iou[:3]))
    assert found.foreground_mIoU == pytest.approx(np.mean(found.iou[1:3]))
    assert found.accuracy == pytest.approx(100 * (labels == predicted)[counted].mean())
    assert score(confuse(labels, predicted, 3), None).foreground_mIoU == pytest.approx(found.mIoU)
    assert math.isnan(score(np.zeros((2, 2), int)).mIoU)


def test_scores_are_those_of_mmseg() -> None:
    import torch
    from mmseg.evaluation import IoUMetric

    random = np.random.default_rng(2)
    labels, predicted = random.integers(-1, 4, (30, 30)), random.integers(0, 4, (30, 30))
    theirs = np.where(labels == IGNORED, 255, labels)
    areas = IoUMetric.intersect_and_union(torch.from_numpy(predicted), torch.from_numpy(theirs), 4, 255)
    metrics = IoUMetric.total_area_to_metrics(*areas, metrics=['mIoU'])
    found = score(confuse(labels, predicted, 4))
    np.testing.assert_allclose(found.iou, 100 * metrics['IoU'], rtol=1e-5)
    assert found.accuracy == pytest.approx(100 * float(metrics['aAcc']))


def test_clusters_go_to_the_classes_that_make_most_right() -> None:
    confusion = np.array([[5, 4, 0, 1], [6, 0, 0, 0]])  # greedily, cluster 0 would go to class 1 or 0 alone
    assert match(confusion).tolist() == [[4, 5, 0, 1], [0, 6, 0, 0]]
    assert score(match(confusion), None).accuracy == pytest.approx(100 * 10 / 16)


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (dict(labelling='mode'), "labelling is 'mode': give one of majority, centre"),
        (dict(methods=['svm']), "methods is 'svm': give one of linear, knn, cluster"),
        (dict(cells=0), '0 cells'),
    ],
)
def test_options_that_do_not_exist_are_refused(options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Options(**options)


def test_clusters_without_scikit_learn_are_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'sklearn', None)  # as where it is not installed
    assert Options(methods=['knn']).cells
    with pytest.raises(ModuleNotFoundError, match=r'"mmdecon\[probes\]", or leave cluster out of the methods'):
        Options(methods=['knn', 'cluster'])
