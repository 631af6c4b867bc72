"""DetCon's depth network doubles maps as often as it says, and its loss is the formula of the paper."""

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

from mmdecon.downstream import BerHuLoss, UpProjectionDepthHead


def test_maps_are_doubled_once_for_each_width():
    head = UpProjectionDepthHead(
        (16, 8, 4), max_depth=10.0, in_channels=12, in_index=-1, dropout_ratio=0, norm_cfg=dict(type='BN')
    )
    depth = head([torch.rand(2, 6, 9, 7), torch.rand(2, 12, 3, 5)])
    assert depth.shape == (2, 1, 24, 40) and depth.min() > 0 and depth.max() < 10


def test_the_loss_is_absolute_and_then_squared():
    depth, truth = torch.tensor([1.0, 1.5, 4.0, 9.0]), torch.tensor([1.1, 1.0, 3.0, 0.0])
    error = np.array([0.1, 0.5, 1.0])
    c = 0.2
    expected = np.where(error <= c, error, (error**2 + c**2) / (2 * c)).mean()
    loss = MODELS.build(dict(type='mmdecon.BerHuLoss', loss_weight=2.0))
    assert loss(depth, truth).item() == pytest.approx(2 * expected, rel=1e-5)


def test_unknown_and_perfect_depth_cost_nothing():
    depth = torch.ones(2, 1, 3, 3, requires_grad=True)
    for truth in (torch.zeros(2, 1, 3, 3), torch.ones(2, 1, 3, 3)):
        loss = BerHuLoss()(depth, truth)
        loss.backward()
        assert loss == 0 and torch.isfinite(depth.grad).all()
