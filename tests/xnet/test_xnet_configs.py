"""Every config of configs/xnet: built with widths that are an eighth, and trained for two steps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import PixelData
from mmpretrain.models import ConvNeXt, SwinTransformer, VisionTransformer
from mmseg.structures import SegDataSample

from tests.support.xnets import needs_timm

from ..test_configs import ROOT, check, parts

CONFIGS = sorted(path.stem for path in (ROOT / 'xnet').glob('*.py'))
DECON = [name for name in CONFIGS if name.startswith('decon')]
PAPER = [name for name in CONFIGS if '-l-convnext' in name]
MODELS_OF_MMSEG = [name for name in CONFIGS if name not in DECON]


def marked(names: list[str]) -> list[Any]:
    return [pytest.param(name, marks=needs_timm) if 'lite0' in name else name for name in names]


def narrow(part: dict[str, Any]) -> None:
    """Divides widths by 8, makes networks shallow, and takes off the weights that they start from."""
    kind = str(part.get('type')).split('.')[-1]
    if isinstance(part.get('init_cfg'), dict) and part['init_cfg'].get('type') == 'Pretrained':
        del part['init_cfg']
    if kind == 'TIMMBackbone':
        return
    if kind == 'ConvNeXt':
        arch = ConvNeXt.arch_settings[part['arch']]
        part['arch'] = dict(depths=[1, 1, 2, 1], channels=[width // 8 for width in arch['channels']])
    elif kind == 'SwinTransformer':
        arch = SwinTransformer.arch_zoo[part['arch']]
        part['arch'] = dict(embed_dims=arch['embed_dims'] // 8, depths=[1, 1, 2, 1], num_heads=arch['num_heads'])
    elif kind == 'VisionTransformer':
        arch = VisionTransformer.arch_zoo[part['arch']]
        width = arch['embed_dims'] // 8
        part['arch'] = dict(embed_dims=width, num_layers=2, num_heads=4, feedforward_channels=4 * width)
    elif kind == 'ResNet':
        part.update(base_channels=8)
    elif kind == 'XNet':
        part['in_channels'] = [3, part['in_channels'][1] // 8]
    elif isinstance(part.get('in_channels'), list):
        part['in_channels'] = [width // 8 for width in part['in_channels']]


def read(name: str | Path) -> Config:
    """A config of configs/xnet or any other, narrow, but for EfficientNet-lite0, which is small."""
    cfg = Config.fromfile(ROOT / 'xnet' / f'{name}.py' if isinstance(name, str) else name)
    for part in list(parts(cfg.model)):
        if 'lite0' not in str(name) or 'init_cfg' in part:
            narrow(part)
    return cfg


def batch(cfg: Config, side: int = 128) -> dict[str, Any]:
    """Two images of noise, with classes or depths."""
    generator = np.random.default_rng(0)
    depth = cfg.model.type.endswith('DepthEstimator')
    size = cfg.model.data_preprocessor.get('size', (side, side))
    samples = []
    for _ in range(2):
        truth = torch.tensor(
            generator.uniform(0.0, 3.0, (1, *size)) if depth else generator.integers(0, 11, (1, *size))
        )
        sample = SegDataSample(metainfo=dict(img_shape=tuple(size), ori_shape=tuple(size)))
        sample.set_data({'gt_depth_map' if depth else 'gt_sem_seg': PixelData(data=truth.float() if depth else truth)})
        samples.append(sample)
    images = [torch.tensor(generator.integers(0, 256, (3, *size), dtype=np.uint8)) for _ in range(2)]
    return dict(inputs=images, data_samples=samples)


def test_the_lists_are_not_empty() -> None:
    assert (len(PAPER), len(DECON)) == (6, 1) and len(MODELS_OF_MMSEG) >= 10


@pytest.mark.parametrize('name', marked(MODELS_OF_MMSEG))
def test_steps(name: str) -> None:
    check_steps(read(name))


def check_steps(cfg: Config) -> None:
    """Trains a narrow model of mmseg for two steps: both sides and the head move."""
    if 'size' in cfg.model.data_preprocessor:
        cfg.model.data_preprocessor.size = (128, 160)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model).train()
        model.init_weights()
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        for _ in range(2):
            losses, _ = model.parse_losses(model(**model.data_preprocessor(batch(cfg), True), mode='loss'))
            assert torch.isfinite(losses)
            optim_wrapper.update_params(losses)
    still = [name for name, p in model.named_parameters() if torch.equal(p, before[name])]
    encoder = [name for name in before if name.startswith('backbone')]
    assert len(set(still) & set(encoder)) < len(encoder) / 4  # at the second step gradients of some are still 0
    assert not [name for name in still if name.startswith(('neck.reshape', 'decode_head.conv_seg'))]


@pytest.mark.parametrize('name', [name for name in PAPER if '80k_ade' in name or 'cityscapes' in name])
def test_learning_rates_by_stage(name: str) -> None:
    cfg = read(name)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
        groups = build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups
    rates = {key: group['lr'] for (key, _), group in zip(model.named_parameters(), groups, strict=True)}
    for key, rate in {
        'backbone.encoder.patch_embed.projection.weight': 0.9**4,
        'backbone.encoder.stages.0.blocks.0.attn.w_msa.qkv.weight': 0.9**3,
        'backbone.encoder.stages.3.blocks.0.attn.w_msa.qkv.weight': 1.0,
        'neck.classifier.downsample_layers.0.0.weight': 0.9**4,
        'neck.classifier.stages.1.0.depthwise_conv.weight': 0.9**2,
        'neck.reshape.projection.weight': 1.0,
        'decode_head.conv_seg.weight': 1.0,
    }.items():
        assert rates[key] == pytest.approx(1e-4 * rate), key


@pytest.mark.parametrize('name', marked(DECON))
def test_pre_training(name: str, tmp_path) -> None:
    check_pre_training(ROOT / f'xnet/{name}.py', tmp_path)


def check_pre_training(path: Path, tmp_path: Path) -> None:
    """Trains the DeCon model of a config for two steps."""
    cfg = Config.fromfile(path)
    for part in parts(cfg.model.network):
        if 'lite0' in path.name and 'init_cfg' in part:
            del part['init_cfg']
    cfg.dump(tmp_path / 'config.py')
    check(tmp_path / 'config.py')


@pytest.mark.wide
def test_exports_of_the_pre_training_fit_the_fine_tuning(tmp_path) -> None:
    from mmdecon.export import Source, convert, verify
    from mmdecon.models.decon import build_network

    model = Config.fromfile(ROOT / 'xnet/decon-ml-slotcon_xnet-r18-r18_1xb64-coslr-200e_my-images.py').model
    for name in ('xnet_r18-r18_1xb8-2k_camvid-320x320', 'xnet_r18-r18_1xb8-600_kitchen-240x320'):
        target = Config.fromfile(ROOT / f'xnet/{name}.py')
        for part in parts(target.model):
            part.pop('init_cfg', None)
        target.dump(tmp_path / 'target.py')
        source = Source(build_network(model.network, model.branches).eval(), model, 'student', {}, '')
        found = verify(source, convert(source, 'mmseg'), str(tmp_path / 'target.py'))
        assert found.equal == ['c0', 'c5', 'd2', 'd3', 'd4', 'd5'] and set(found.fit.new) == {'classifier'}
