"""ResNet-200, which mmpretrain does not have."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmdecon.export import convert, read_source, verify
from mmdecon.models import DeepResNet
from tests.support import tiny
from tests.support.exports import save

ENCODER = dict(
    type='mmdecon.DeepResNet', depth=200, base_channels=2, stem_channels=4, out_indices=(0, 1, 2, 3), norm_cfg=tiny.BN
)


def test_its_blocks_are_the_papers() -> None:
    encoder = DeepResNet(**{key: value for key, value in ENCODER.items() if key != 'type'})
    stages = [getattr(encoder, name) for name in encoder.res_layers]
    assert [len(stage) for stage in stages] == [3, 24, 36, 3]
    assert 2 + sum(sum(isinstance(m, torch.nn.Conv2d) for m in stage.modules()) for stage in stages) - 4 == 200


def test_other_depths_are_mmpretrains() -> None:
    cfg = dict(depth=18, base_channels=2, stem_channels=4, norm_cfg=tiny.BN)
    assert set(DeepResNet.arch_settings) == {18, 34, 50, 101, 152, 200}
    assert DeepResNet(**cfg).stage_blocks == (2, 2, 2, 2)


@pytest.mark.parametrize('depth', [101, 152, 200])
def test_configs_name_it_where_mmpretrain_ends(depth: int) -> None:
    path = Path(__file__).parents[2] / f'configs/detcon/detcon-b_r{depth}_32xb128-coslr-1000e_in1k-fh.py'
    encoder = Config.fromfile(path).model.network.encoder
    assert (encoder.type, encoder.depth) == ('mmdecon.DeepResNet' if depth == 200 else 'mmpretrain.ResNet', depth)


def test_a_step_moves_it() -> None:
    model = tiny.build(network=tiny.network(encoder=ENCODER))
    before = [p.clone() for p in model.network.student.encoder.parameters()]
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        tiny.total(model.loss(tiny.views())).backward()
        optimiser.step()
    moved = [not torch.equal(a, b) for a, b in zip(before, model.network.student.encoder.parameters())]
    assert sum(moved) > 0.9 * len(moved)


@pytest.mark.parametrize('part', ['encoder', 'encoder+decoder'])
def test_exports_keep_its_type_and_compute_the_same(tmp_path: Path, part: str) -> None:
    source = read_source(save(tmp_path / 'decon.pth', tiny.network(encoder=ENCODER), 'c5', 'p2'))
    found = verify(source, convert(source, 'mmseg', part))
    assert {'c2', 'c3', 'c4', 'c5'} <= set(found.equal)
