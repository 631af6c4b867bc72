"""Options of each side alone, as docs/xnet.md writes them: frozen stages and norms, drop path, learning rates."""

import pytest
from mmengine.optim import build_optim_wrapper

from mmdecon.registry import MODELS
from tests.support.xnets import CONVNEXT, RESNET, SWIN


def build(encoder, classifier):
    """A model of mmseg of two sides."""
    return MODELS.build(
        dict(
            type='mmseg.EncoderDecoder',
            backbone=dict(type='mmdecon.WithImage', encoder=encoder),
            neck=dict(type='mmdecon.XNet', in_channels=[3, 64], classifier=classifier),
            decode_head=dict(
                type='mmdecon.PostFeaturePyramidHead', in_channels=[8, 16, 32, 64], num_classes=5, ignore_index=255
            ),
            train_cfg=dict(),
            test_cfg=dict(mode='whole'),
        )
    )


def norms_that_learn(side) -> int:
    return sum(m.training for m in side.modules() if 'BatchNorm' in type(m).__name__)


def test_a_side_is_frozen_without_the_other() -> None:
    for frozen, free in (('backbone', 'neck'), ('neck', 'backbone')):
        sides = dict(backbone=dict(RESNET, out_indices=(3,)), neck=dict(RESNET))
        sides[frozen].update(frozen_stages=1, norm_eval=True)
        model = build(encoder=sides['backbone'], classifier=sides['neck']).train()
        networks = dict(backbone=model.backbone.encoder, neck=model.neck.classifier)
        assert norms_that_learn(networks[frozen]) == 0 < norms_that_learn(networks[free])
        still = [name for name, p in networks[frozen].named_parameters() if not p.requires_grad]
        assert {name.split('.')[0] for name in still} == {'conv1', 'bn1', 'layer1'}
        assert all(p.requires_grad for p in networks[free].parameters())


def test_drop_path_of_each_side() -> None:
    model = build(encoder=dict(SWIN, drop_path_rate=0.5), classifier=dict(CONVNEXT, drop_path_rate=0.1))
    rates = [
        max(m.drop_prob for m in side.modules() if type(m).__name__ == 'DropPath')
        for side in (model.backbone.encoder, model.neck.classifier)
    ]
    assert rates == pytest.approx([0.5, 0.1])


def test_learning_rates_of_each_side() -> None:
    model = build(encoder=dict(RESNET, out_indices=(3,)), classifier=dict(RESNET))
    keys = {'backbone.encoder': dict(lr_mult=0.1), 'neck.classifier': dict(lr_mult=0.5)}
    config = dict(optimizer=dict(type='AdamW', lr=1.0), paramwise_cfg=dict(custom_keys=keys))
    groups = build_optim_wrapper(model, config).optimizer.param_groups
    rates = {name: group['lr'] for (name, _), group in zip(model.named_parameters(), groups, strict=True)}
    wanted = {
        name: 0.1 if name.startswith('backbone') else 0.5 if name.startswith('neck.classifier') else 1.0
        for name in rates
    }
    assert rates == wanted and set(wanted.values()) == {0.1, 0.5, 1.0}
