"""DeCon-ML on each base: an encoder branch and two on an FPN, small."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch

from mmdecon.models import DeCon
from mmdecon.schedules import Clock
from mmdecon.views import View
from tests.support import tiny

Config = dict[str, Any]
LEVELS = dict(enc='c5', dec_p3='p3', dec_p4='p4')
IMAGES = 8


def kinds(norm_cfg: Mapping[str, Any] = tiny.BN) -> dict[str, Config]:
    """Base -> config of its branch, without level and weight.

    Args:
        norm_cfg: The norm of projectors and predictors.
    """
    wide = dict(hidden_channels=12, norm_cfg=norm_cfg)
    region = dict(
        head=dict(type='mmdecon.RegionHead', out_channels=8, **wide),
        sampler=dict(type='mmdecon.RegionSampler', num_regions=4),
    )
    vector = dict(head=dict(type='mmdecon.VectorHead', out_channels=8, **wide))
    return {
        'SlotCon': dict(
            head=dict(type='mmdecon.SlotHead', out_channels=8, num_slots=6, recompute=True, **wide),
            objective=dict(type='mmdecon.SlotConObjective', **wide),
        ),
        'DenseCL': dict(
            head=dict(type='mmdecon.DenseHead', hidden_channels=12, out_channels=8, grid=4),
            objective=dict(type='mmdecon.DenseCLObjective', queue_length=16),
            pairs=((0, 1),),
        ),
        'PixPro': dict(
            head=dict(type='mmdecon.MapHead', out_channels=8, grid=4, recompute=True, **wide),
            objective=dict(type='mmdecon.PixProObjective', norm_cfg=norm_cfg),
        ),
        'DetCon-B': dict(objective=dict(type='mmdecon.DetConObjective', **wide), **region),
        'DetCon-S': dict(objective=dict(type='mmdecon.DetConObjective', predictor=False), shared=True, **region),
        'MoCo': dict(objective=dict(type='mmdecon.VectorContrast', queue_length=16), pairs=((0, 1),), **vector),
        'SimCLR': dict(objective=dict(type='mmdecon.VectorContrast', queue_length=0), shared=True, **vector),
        'DDeP': dict(
            head=dict(type='mmdecon.PixelHead'),
            objective=dict(type='mmdecon.DenoisingObjective'),
            pairs=((0, 0), (1, 1)),
            shared=True,
        ),
        'BYOL': dict(objective=dict(type='mmdecon.VectorPrediction', **wide), **vector),
    }


KINDS: Mapping[str, Config] = MappingProxyType(kinds())


def build(kind: str, norm_cfg: Mapping[str, Any] = tiny.BN, **kwargs: Any) -> DeCon:
    """DeCon-ML at the start of a run of 10 steps.

    Args:
        kind: A base.
        norm_cfg: Of all norms.
        **kwargs: Further arguments of ``DeCon``.
    """
    torch.manual_seed(0)
    branch = kinds(norm_cfg)[kind]
    fpn = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=norm_cfg))
    network = tiny.network(dict(fpn=fpn), encoder=dict(tiny.RESNET, norm_cfg=norm_cfg))
    branches = {name: dict(branch, level=level, weight=1 / len(LEVELS)) for name, level in LEVELS.items()}
    noise = dict(type='mmdecon.GaussianNoise') if kind == 'DDeP' else None
    shared = branch.get('shared', False)
    model = DeCon(**{'network': network, 'branches': branches, 'shared': shared, 'noise': noise, **kwargs})
    model.init_weights()
    model.clock = lambda: Clock(0, 10)
    return model.train()


def views() -> list[View]:
    """Two views with regions in blocks of 8 x 8 pixels, noise, and the size of the image that they were cut from."""
    blocks = torch.randint(0, 4, (IMAGES, 1, 8, 8), generator=torch.Generator().manual_seed(3))
    regions = blocks.repeat_interleave(8, 2).repeat_interleave(8, 3)
    source = torch.tensor([[128.0, 128.0]]).repeat(IMAGES, 1)
    generator = torch.Generator().manual_seed(4)
    return [
        view._replace(regions=regions, source=source, noise=torch.randn(view.image.shape, generator=generator))
        for view in tiny.views(batch=IMAGES)
    ]
