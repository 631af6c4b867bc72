"""Weights that mmengine would silently not load are refused; timm's load by timm's names in mmseg's models."""

from pathlib import Path

import pytest
import torch
from mmengine.registry import MODELS, DefaultScope
from torch import nn

from mmdecon.models.strict_start import lenient_starts, require_some_fit
from tests.support.xnets import needs_timm

MODEL = 'tf_efficientnet_lite0'


def build(kind: str, path: Path, **init_cfg: str) -> nn.Module:
    """mmseg's segmenter around a backbone that starts from a file."""
    start = dict(type='Pretrained', checkpoint=str(path), **init_cfg)
    if 'TIMM' in kind:
        backbone = dict(type=kind, model_name=MODEL, features_only=True, out_indices=(1, 2, 3, 4), init_cfg=start)
        channels = 320
    else:
        backbone, channels = dict(type=kind, depth=18, init_cfg=start), 512
    head = dict(type='FCNHead', in_channels=channels, channels=8, num_convs=1, num_classes=2)
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(dict(type='EncoderDecoder', backbone=backbone, decode_head=head))


def check(model: nn.Module) -> None:
    """What CheckStart does."""
    for start in lenient_starts(model):
        require_some_fit(start)


@needs_timm
@pytest.mark.parametrize('kind', ['mmpretrain.TIMMBackbone', 'mmdecon.TIMMBackbone'])
def test_a_classifier_of_timm(kind: str, tmp_path: Path) -> None:
    import timm

    state = timm.create_model(MODEL).state_dict()
    torch.save(state, tmp_path / 'timm.pth')
    model = build(kind, tmp_path / 'timm.pth')
    if kind == 'mmpretrain.TIMMBackbone':
        with pytest.raises(ValueError, match=r'model.backbone.init_cfg: .*timm.pth holds nothing of TIMMBackbone'):
            check(model)
        return
    check(model)
    model.init_weights()
    assert torch.equal(model.backbone.timm_model.conv_stem.weight, state['conv_stem.weight'])
    deepest = model.backbone.state_dict()[_last(model.backbone)]
    assert torch.equal(deepest, state['blocks.6.0.conv_pwl.weight'])


def _last(backbone: nn.Module) -> str:
    """The name of the last stage's last convolution."""
    return next(name for name in backbone.state_dict() if name.endswith('6.0.conv_pwl.weight'))


@pytest.mark.parametrize(
    ('prefix', 'begins', 'fits'), [(None, '', True), ('backbone', 'backbone.', True), (None, 'backbone.', False)]
)
def test_a_prefix_that_lacks(prefix: str | None, begins: str, fits: bool, tmp_path: Path) -> None:
    given = build('ResNet', tmp_path / 'none.pth').backbone.state_dict()
    torch.save({f'{begins}{name}': value for name, value in given.items()}, tmp_path / 'a.pth')
    model = build('ResNet', tmp_path / 'a.pth', **(dict(prefix=prefix) if prefix else {}))
    if fits:
        check(model)
        return
    with pytest.raises(ValueError, match='its tensors are named backbone.conv1.weight'):
        check(model)


def test_files_that_are_not_there_are_left_to_others(tmp_path: Path) -> None:
    check(build('ResNet', tmp_path / 'none.pth'))


@needs_timm
def test_a_frozen_backbone_stays_as_it_is() -> None:
    config = dict(type='mmdecon.TIMMBackbone', model_name=MODEL, features_only=True, out_indices=(1, 4), freeze=True)
    backbone = MODELS.build(config).train()
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    maps = backbone(torch.rand(2, 3, 64, 64))
    assert not any(map.requires_grad for map in maps)
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.state_dict().items())
    assert MODELS.build({**config, 'freeze': False}).train()(torch.rand(2, 3, 64, 64))[0].requires_grad
