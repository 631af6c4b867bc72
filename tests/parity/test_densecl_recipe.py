"""What our configs of DenseCL, MoCo v2, SimCLR and BYOL say, against mmpretrain's."""

from pathlib import Path
from typing import Any

import mmengine.optim  # noqa: F401, registers the schedulers
import pytest
import torch
from mmengine.config import Config
from mmengine.hub import get_config
from mmengine.registry import PARAM_SCHEDULERS

CONFIGS = Path(__file__).parents[2] / 'configs'
THEIRS = dict(
    densecl='densecl/densecl_resnet50_8xb32-coslr-200e_in1k.py',
    moco='mocov2/mocov2_resnet50_8xb32-coslr-200e_in1k.py',
    simclr='simclr/simclr_resnet50_8xb32-coslr-200e_in1k.py',
    byol='byol/byol_resnet50_16xb256-coslr-200e_in1k.py',
)


def theirs(name: str) -> Config:
    return get_config(f'mmpretrain::{THEIRS[name]}')


def ours(epochs: int = 200, data: str = 'in1k') -> Config:
    return Config.fromfile(CONFIGS / f'densecl/densecl_r50_8xb32-coslr-{epochs}e_{data}.py')


def rates(cfg: Config) -> list[float]:
    """The rate of each epoch."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=cfg.optim_wrapper.optimizer.lr)
    (config,) = cfg.param_scheduler
    scheduler = PARAM_SCHEDULERS.build(
        {'end': cfg.train_cfg.max_epochs, **config}, default_args=dict(optimizer=optimiser)
    )
    found = []
    for _ in range(cfg.train_cfg.max_epochs):
        found.append(optimiser.param_groups[0]['lr'])
        optimiser.step()
        scheduler.step()
    return found


def test_schedule() -> None:
    mine, other = ours(), theirs('densecl')
    assert dict(mine.optim_wrapper.optimizer) == dict(other.optim_wrapper.optimizer)
    assert rates(mine) == pytest.approx(rates(other), rel=1e-12)
    assert mine.auto_scale_lr.base_batch_size == other.auto_scale_lr.base_batch_size
    assert mine.train_dataloader.batch_size == other.train_dataloader.batch_size
    assert mine.train_dataloader.drop_last and other.train_dataloader.drop_last
    for epochs in (800, 1600):  # on COCO: ten times the rate
        assert rates(ours(epochs, 'coco'))[:: epochs // 200] == pytest.approx([10 * r for r in rates(mine)], rel=1e-12)


def test_views() -> None:
    _, cut, _ = ours().train_dataloader.dataset.pipeline
    _, multi, _ = theirs('densecl').train_dataloader.dataset.pipeline
    crop, jitter, grey, blur, flip = multi.transforms[0]
    assert (cut.size, cut.scale, cut.backend if 'backend' in cut else 'pillow') == (
        crop.scale,
        tuple(crop.crop_ratio_range),
        crop.backend,
    )
    assert cut.interpolation == crop.get('interpolation', 'bilinear')
    assert cut.min_overlap is None and cut.get('flip_prob', 0.5) == flip.prob
    assert cut.photometric[0] == cut.photometric[1]
    (mine,) = cut.photometric[0]
    (colours,) = jitter.transforms
    assert {key: mine[key] for key in ('brightness', 'contrast', 'saturation', 'hue')} == {
        key: colours[key] for key in ('brightness', 'contrast', 'saturation', 'hue')
    }
    assert (mine.jitter_prob, mine.grey_prob, mine.blur_prob) == (jitter.prob, grey.prob, blur.prob)
    assert tuple(mine.blur_sigma) == tuple(blur.magnitude_range) and blur.magnitude_std == 'inf'  # uniform
    assert not {'solarise_prob'} & mine.keys()


def test_densecl() -> None:
    mine, other = ours().model, theirs('densecl').model
    branch = mine.branches.enc
    assert branch.objective.queue_length == other.queue_len
    assert (branch.objective.dense_weight, branch.objective.temperature) == (other.loss_lambda, other.head.temperature)
    assert mine.momentum == dict(schedule='constant', start=1 - other.momentum)
    assert widths(branch.head) == (other.neck.hid_channels, other.neck.out_channels, other.feat_dim)
    assert mine.network.encoder.zero_init_residual == other.backbone.zero_init_residual


@pytest.mark.parametrize('name', ['moco', 'simclr', 'byol'])
def test_branches(name: str) -> None:
    mine, other = Config.fromfile(CONFIGS / f'_base_/branches/{name}.py'), theirs(name).model
    head, objective = mine.branch.head, mine.branch.objective
    assert widths(head)[:2] == (other.neck.hid_channels, other.neck.out_channels)
    if name != 'byol':
        assert objective.temperature == other.head.temperature
        assert objective.queue_length == other.get('queue_len', 0)
    else:
        assert objective.hidden_channels == other.head.predictor.hid_channels
        assert objective.last_bias == other.head.predictor.get('with_last_bias', False)
    if name != 'simclr':
        assert mine.momentum.start == pytest.approx(1 - other.get('base_momentum', other.get('momentum')))
    if name != 'moco':
        biases = head.get('hidden_bias', True), head.last_bias, head.get('last_norm', False)
        defaults = dict(with_bias=False, with_last_bias=False, with_last_bn=True)
        assert biases == tuple(other.neck.get(key, value) for key, value in defaults.items())


def widths(head: dict[str, Any]) -> tuple:
    """Hidden, projected, and projected again, as mmpretrain says it twice."""
    return head['hidden_channels'], head['out_channels'], head['out_channels']
