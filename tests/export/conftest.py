"""Checkpoints of pre-trained networks, made without training: every tensor random, halves and statistics distinct."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mmseg
import pytest
import torch
from mmengine.config import Config

from mmdecon.models import DeCon
from mmdecon.registry import MODELS
from tests.support import tiny
from tests.support.exports import FPN_HEAD, save

BN = dict(type='mmdecon.SyncBN')
ALL = ['c2', 'c3', 'c4', 'c5']
DECODERS: dict[str, dict[str, Any]] = dict(
    none={},
    fpn=dict(fpn=dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=256, norm_cfg=BN))),
    plain_fpn=dict(fpn=dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=256))),
    uper=dict(
        head=dict(
            type='mmdecon.SegHeadDecoder',
            inputs=ALL,
            head=dict(type='mmseg.UPerHead', channels=512, pool_scales=(1, 2, 3, 6), norm_cfg=BN),
        )
    ),
    fcn=dict(
        head=dict(
            type='mmdecon.SegHeadDecoder',
            inputs='c5',
            head=dict(type='mmseg.FCNHead', channels=512, num_convs=2, concat_input=True, norm_cfg=BN),
        )
    ),
)
DECODERS['torchvision_fcn'] = dict(
    head=dict(
        type='mmdecon.SegHeadDecoder',
        inputs='c5',
        head=dict(type='mmseg.FCNHead', channels=512, num_convs=1, concat_input=False, norm_cfg=BN),
    )
)
DECODERS['semantic_fpn'] = dict(
    **DECODERS['plain_fpn'],
    head=dict(
        type='mmdecon.SegHeadDecoder',
        inputs=['p2', 'p3', 'p4', 'p5'],
        head=dict(type='mmseg.FPNHead', channels=128, norm_cfg=BN),
    ),
)


def shipped(package: Any, path: str) -> str:
    """A config as its package ships it."""
    return str(Path(package.__file__).parent / '.mim' / 'configs' / path)


MMSEG = {
    name: shipped(mmseg, path)
    for name, path in dict(
        semantic_fpn='sem_fpn/fpn_r50_4xb2-80k_cityscapes-512x1024.py',
        uper='upernet/upernet_r50_4xb4-20k_voc12aug-512x512.py',
        fcn='fcn/fcn_r50-d8_4xb4-20k_voc12aug-512x512.py',
    ).items()
}


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory) -> Callable[..., str]:
    """Makes the checkpoint of (encoder type, decoder, levels) and returns its path."""
    folder = tmp_path_factory.mktemp('checkpoints')

    def make(encoder: str, decoder: str, *levels: str, **options: Any) -> str:
        path = folder / f'{encoder}-{decoder}-{"-".join(levels)}-{len(options)}.pth'
        if path.exists():
            return str(path)
        head = dict(type='mmdecon.SlotHead', hidden_channels=8, out_channels=8, num_slots=4)
        branch = dict(head=head, objective=dict(type='mmdecon.SlotConObjective', hidden_channels=8))
        config = dict(
            type='mmdecon.DeCon',
            network=dict(
                type='mmdecon.Network',
                encoder={'type': encoder, 'depth': 50, 'out_indices': (0, 1, 2, 3), 'norm_cfg': BN, **options},
                decoder=DECODERS[decoder],
            ),
            branches={level: dict(level=level, **branch) for level in levels},
        )
        torch.manual_seed(0)
        model: DeCon = MODELS.build(config)
        state = {name: scatter(name, value) for name, value in model.state_dict().items()}
        cfg = Config(dict(model=config)).pretty_text
        torch.save(dict(state_dict=state, meta=dict(cfg=cfg, iter=7, epoch=2)), path)
        return str(path)

    return make


@pytest.fixture(scope='session')
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checkpoint of a small network with a neck and a head."""
    network = tiny.network(dict(fpn=tiny.FPN, head=FPN_HEAD))
    return save(tmp_path_factory.mktemp('pretrained') / 'decon.pth', network, 'c5', 'out')


def scatter(name: str, value: torch.Tensor) -> torch.Tensor:
    """A tensor off its initial value, statistics of norms included, scaled so that deep features stay finite."""
    if not value.is_floating_point():
        return value
    noise = torch.rand_like(value)
    return value * (0.5 + noise) if value.dim() > 1 else value + 0.3 * noise
