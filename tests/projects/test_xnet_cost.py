"""What models of mmseg cost is counted right."""

import pytest
import torch
from mmengine.registry import MODELS, DefaultScope

from projects.xnet_ablations.cost import PARTS, cost, step_time

from ..xnet.test_xnet_configs import read


def test_costs_are_those_of_the_layers() -> None:
    cfg = read('xnet_r18-r18_1xb8-2k_camvid-320x320')
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    found = cost(model, (64, 64))
    parameters = {part: sum(p.numel() for p in getattr(model, part).parameters()) / 1e6 for part in PARTS}
    assert {part: found[part] for part in PARTS} == pytest.approx(parameters)
    assert found['total'] == pytest.approx(sum(p.numel() for p in model.parameters()) / 1e6)
    counted = []

    def count(module, inputs, output) -> None:
        counted.append(module.weight.numel() * output[0, 0].numel())

    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        model(torch.randn(1, 3, 64, 64))
    assert found['macs'] == pytest.approx(sum(counted) / 1e9, rel=0.02)  # the norms are a percent
    assert step_time(model, (64, 64), 1) > 0
