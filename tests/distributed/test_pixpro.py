"""PixPro on an encoder and on a decoder's level: two gloo processes against one."""

import torch

from mmdecon.models import DeCon
from mmdecon.views import View
from tests.support import tiny

from .test_two_processes import SYNC, run_both
from .test_two_processes import views as boxed

OBJECTIVE = dict(type='mmdecon.PixProObjective', transform_layers=2, norm_cfg=SYNC, pairs_at_once=1500)


def build() -> DeCon:
    """A grid on p2, a batch in parts that differ between one process and two; double precision."""
    torch.manual_seed(0)
    head = dict(type='mmdecon.MapHead', hidden_channels=12, out_channels=8, grid=4, norm_cfg=SYNC)
    fpn = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=SYNC))
    model = DeCon(
        network=tiny.network(dict(fpn=fpn), encoder=dict(tiny.RESNET, norm_cfg=SYNC)),
        branches={
            name: dict(level=level, weight=0.5, head=head, objective=OBJECTIVE)
            for name, level in dict(enc='c5', dec='p2').items()
        },
    )
    model.init_weights()
    return model.double().train()


def views() -> list[View]:
    """Two views; those of image 1 have no positive pairs, which the processes must not weigh differently."""
    return [view._replace(source=torch.tensor([[128.0, 96.0]]).repeat(len(view.box), 1)) for view in boxed()]


def test_two_processes_equal_one(tmp_path) -> None:
    run_both(build, (), views, tmp_path)
