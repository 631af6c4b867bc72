"""The mean IoU without the background, beside a computation by hand."""

import numpy as np
import pytest
import torch
from mmengine.registry import METRICS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample


def measure(truths, predictions, **kwargs):
    metric = METRICS.build(dict(type='mmdecon.ForegroundIoU', **kwargs))
    metric.dataset_meta = dict(classes=['background', 'a', 'b', 'c'])
    for truth, predicted in zip(truths, predictions):
        sample = SegDataSample(gt_sem_seg=PixelData(data=truth), pred_sem_seg=PixelData(data=predicted))
        metric.process({}, [sample.to_dict()])
    return metric.evaluate(len(truths))


def test_it_is_the_mean_of_the_classes_that_occur():
    truths = torch.tensor([[[0, 0, 1, 1]], [[2, 2, 0, 255]]])[:, None]
    predictions = torch.tensor([[[0, 1, 1, 1]], [[2, 0, 0, 1]]])[:, None]
    found = measure(truths, predictions)
    iou = np.array([2 / 4, 2 / 3, 1 / 2])
    assert found['foreground_mIoU'] == pytest.approx(100 * iou[1:].mean(), abs=0.01)
    assert found['mIoU'] == pytest.approx(100 * iou.mean(), abs=0.01)
    other = measure(truths, predictions, background=2)
    assert other['foreground_mIoU'] == pytest.approx(100 * iou[:2].mean(), abs=0.01)


def test_without_any_foreground_there_is_no_number():
    nothing = torch.zeros(1, 1, 2, 2, dtype=torch.long)
    assert np.isnan(measure(nothing, nothing)['foreground_mIoU'])
