"""DetCon-B, DetCon-S and regions on a decoder: two gloo processes against one."""

from typing import Any

import pytest
import torch

from mmdecon.models import DeCon, RegionSampler
from mmdecon.registry import MODELS
from mmdecon.views import RegionSample, View
from tests.support import tiny

from .test_two_processes import IMAGES, SYNC, run_both

SAMPLER = dict(type='mmdecon.SettledRegions', num_regions=4)
HEAD = dict(type='mmdecon.RegionHead', hidden_channels=12, out_channels=8, norm_cfg=SYNC)
KINDS = dict(
    b=dict(objective=dict(type='mmdecon.DetConObjective', hidden_channels=12, norm_cfg=SYNC), shared=False),
    s=dict(objective=dict(type='mmdecon.DetConObjective', predictor=False), shared=True),
)


@MODELS.register_module(force=True)
class SettledRegions(RegionSampler):
    """Draws without chance, as the draws of two processes differ from those of one."""

    def forward(self, view: View, size: Any) -> RegionSample:
        single = [super(SettledRegions, self).forward(View(*_row(view, i)), size) for i in range(len(view.box))]
        return RegionSample(*(torch.cat(parts) for parts in zip(*single)))


def _row(view: View, i: int) -> list:
    """One image's view; the draws begin anew for each."""
    torch.manual_seed(int(view.box[i].sum()))
    return [None if part is None else part[i : i + 1] for part in view]


def build(kind: str) -> DeCon:
    """DetCon on the encoder and on p3, synchronised norms, double precision."""
    torch.manual_seed(0)
    shared = KINDS[kind]['shared']
    branches: dict[str, Any] = {
        name: dict(level=level, weight=0.5, head=HEAD, sampler=SAMPLER, **KINDS[kind])
        for name, level in dict(enc='c5', dec='p3').items()
    }
    fpn = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=SYNC))
    network = tiny.network(dict(fpn=fpn), encoder=dict(tiny.RESNET, norm_cfg=SYNC))
    model = DeCon(network=network, branches=branches, shared=shared)
    model.init_weights()
    return model.double().train()


def views() -> list:
    """Views with random regions; image 2 has none in its second view."""
    made = [v._replace(image=v.image.double(), box=v.box.double()) for v in tiny.views(batch=IMAGES)]
    blocks = torch.randint(0, 5, (2, IMAGES, 2, 8, 8), generator=torch.Generator().manual_seed(5))
    blocks[:, :, 1] += 5
    regions = blocks.repeat_interleave(8, 3).repeat_interleave(8, 4)
    regions[1, 2] = -1
    return [view._replace(regions=planes) for view, planes in zip(made, regions)]


@pytest.mark.parametrize('kind', list(KINDS))
def test_two_processes_equal_one(kind: str, tmp_path) -> None:
    run_both(build, (kind,), views, tmp_path)
