"""DenseCL, MoCo, BYOL and SimCLR: two gloo processes against one, queues included."""

from typing import Any

import pytest
import torch
from mmengine import dist

from mmdecon.models import DeCon
from mmdecon.views import View
from tests.support import tiny

from .test_two_processes import IMAGES, SYNC, run_both

DENSE = dict(
    head=dict(type='mmdecon.DenseHead', hidden_channels=12, out_channels=8, grid=4),
    objective=dict(type='mmdecon.DenseCLObjective', queue_length=8, warmup_iters=1),
    pairs=((0, 1),),
)
HEAD = dict(type='mmdecon.VectorHead', hidden_channels=12, out_channels=8, norm_cfg=SYNC)
PREDICTION = dict(type='mmdecon.VectorPrediction', hidden_channels=12, norm_cfg=SYNC)
KINDS: dict[str, dict[str, Any]] = dict(
    averaged=dict(
        enc=dict(DENSE, level='c5'),
        dec=dict(DENSE, level='p2'),
        moco=dict(level='c5', head=HEAD, objective=dict(type='mmdecon.VectorContrast', queue_length=8)),
        byol=dict(level='c5', head=HEAD, objective=PREDICTION),
    ),
    shared=dict(
        simclr=dict(level='p4', head=HEAD, objective=dict(type='mmdecon.VectorContrast', queue_length=0), shared=True)
    ),
)


def build(kind: str) -> DeCon:
    """All kinds of branches, synchronised norms, double precision."""
    torch.manual_seed(0)
    fpn = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=SYNC))
    network = tiny.network(dict(fpn=fpn), encoder=dict(tiny.RESNET, norm_cfg=SYNC))
    model = DeCon(network=network, branches=KINDS[kind], shared=kind == 'shared', momentum=dict(start=0.9))
    model.init_weights()
    return model.double().train()


def views() -> list[View]:
    """Views; the single process sees them in the order in which the keys of two are joined."""
    order = range(IMAGES) if dist.get_world_size() == 2 else [*range(0, IMAGES, 2), *range(1, IMAGES, 2)]
    made = (v._replace(image=v.image.double(), box=v.box.double()) for v in tiny.views(batch=IMAGES))
    return [View(*(None if part is None else part[list(order)] for part in view)) for view in made]


@pytest.mark.parametrize('kind', list(KINDS))
def test_two_processes_equal_one(kind: str, tmp_path) -> None:
    run_both(build, (kind,), views, tmp_path)
