"""Small models and views for the tests, every part real."""

from typing import Any

import torch

from mmdecon.models import DeCon
from mmdecon.schedules import Clock
from mmdecon.views import View

Config = dict[str, Any]
BN = dict(type='BN')
HEAD = dict(type='mmdecon.SlotHead', hidden_channels=12, out_channels=8, num_slots=6)
OBJECTIVE = dict(type='mmdecon.SlotConObjective', hidden_channels=12)
RESNET = dict(type='mmpretrain.ResNet', depth=18, base_channels=8, out_indices=(0, 1, 2, 3), norm_cfg=BN)
FPN = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=BN))
BOXES = [[0.0, 0.0, 64.0, 64.0], [32.0, 16.0, 96.0, 80.0]]
APART = [[0.0, 0.0, 64.0, 64.0], [64.0, 0.0, 128.0, 64.0]]


def branch(level: str, weight: float = 0.5, norm_cfg: dict[str, Any] = BN) -> dict[str, Any]:
    """Config of a SlotCon branch."""
    head, objective = dict(HEAD, norm_cfg=norm_cfg), dict(OBJECTIVE, norm_cfg=norm_cfg)
    return dict(level=level, weight=weight, head=head, objective=objective)


def network(decoder: dict[str, Any] | None = None, encoder: dict[str, Any] = RESNET, **kwargs: Any) -> dict[str, Any]:
    """Config of a network; FPN unless said otherwise."""
    decoder = dict(fpn=FPN) if decoder is None else decoder
    return dict(type='mmdecon.Network', encoder=encoder, decoder=decoder, **kwargs)


def build(levels: dict[str, str] | None = None, seed: int = 0, **kwargs: Any) -> DeCon:
    """A DeCon, with two branches unless said otherwise, in a run of 10 steps of which none is done."""
    levels = levels or dict(enc='c5', dec='p2')
    torch.manual_seed(seed)
    kwargs.setdefault('network', network())
    model = DeCon(branches={name: branch(level) for name, level in levels.items()}, **kwargs)
    model.init_weights()
    model.clock = lambda: Clock(0, 10)
    return model.train()


def views(boxes: list[list[float]] = BOXES, batch: int = 4, size: int = 64, seed: int = 1) -> list[View]:
    """Two views of random images."""
    generator = torch.Generator().manual_seed(seed)
    flipped = torch.tensor([False, True]).repeat(batch)[:batch]
    return [
        View(torch.randn(batch, 3, size, size, generator=generator), torch.tensor([box]).repeat(batch, 1), flip)
        for box, flip in zip(boxes, (flipped, ~flipped))
    ]


def total(outputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """The loss, summed as mmengine sums it."""
    return sum(value for name, value in outputs.items() if 'loss' in name)
