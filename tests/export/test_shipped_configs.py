"""Exports loaded, as load_from does, into the configs that mmseg and mmdet ship, unedited."""

import importlib.util

import pytest
import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint

from mmdecon.export import convert, read_source, verify, write
from mmdecon.registry import build_foreign

from .conftest import MMSEG, shipped

pytestmark = pytest.mark.wide

LEVELS = dict(semantic_fpn='out', uper='out', fcn='out')
NEW = dict(semantic_fpn={'decode_head'}, uper={'decode_head', 'auxiliary_head'}, fcn={'decode_head', 'auxiliary_head'})


def export(path: str, out: str, layout: str, target: str, **options):
    source = read_source(path)
    made = convert(source, layout, **options)
    found = verify(source, made, target)
    write(source, made, out)
    return source, made, found


def load(config: str, scope: str, path: str):
    """Builds a shipped config's model and loads a file as mmengine's runner does."""
    cfg = Config.fromfile(config)
    init_default_scope(scope)
    cfg.model.pop('pretrained', None)  # weights on a server, which training would fetch before load_from
    model = revert_sync_batchnorm(build_foreign(dict(cfg.model, _scope_=scope)))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    load_checkpoint(model, path, map_location='cpu')
    return model, {name for name, value in model.state_dict().items() if torch.equal(value, before[name])}


@pytest.mark.slow
def test_a_dilated_fcn_of_torchvision(checkpoint, tmp_path) -> None:
    dilated = dict(strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4), contract_dilation=True)
    path = checkpoint('mmseg.ResNet', 'torchvision_fcn', 'c5', 'out', **dilated)
    _, _, found = export(path, str(tmp_path / 'out.pth'), 'torchvision.segmentation', 'fcn_resnet50')
    assert found.equal == ['c2', 'c3', 'c4', 'c5', 'out'] and not found.incomparable


@pytest.mark.slow
def test_a_detector_of_torchvision_trains_from_an_export(checkpoint, tmp_path) -> None:
    from torchvision.models.detection import fasterrcnn_resnet50_fpn

    levels = ('p2', 'p3', 'p4', 'p5')
    path = checkpoint('mmpretrain.ResNet', 'plain_fpn', 'c5', *levels)
    _, made, found = export(path, str(tmp_path / 'out.pth'), 'torchvision.detection', 'fasterrcnn_resnet50_fpn')
    assert found.equal == ['c2', 'c3', 'c4', 'c5', *levels]
    assert found.fit.new.keys() == {'rpn', 'roi_heads'}
    model = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2)
    state = torch.load(tmp_path / 'out.pth', weights_only=True)['state_dict']
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and {name.partition('.')[0] for name in missing} == {'rpn', 'roi_heads'}
    target = dict(boxes=torch.tensor([[8.0, 8.0, 40.0, 40.0]]), labels=torch.tensor([1]))
    assert all(loss.isfinite() for loss in model.train()([torch.rand(3, 64, 64)], [target]).values())


@pytest.mark.parametrize(
    'encoder, name',
    [('mmpretrain.ResNetV1c', 'semantic_fpn'), ('mmpretrain.ResNetV1c', 'uper'), ('mmseg.ResNetV1c', 'fcn')],
)
def test_mmseg(checkpoint, tmp_path, encoder: str, name: str) -> None:
    out = str(tmp_path / 'out.pth')
    path = checkpoint(encoder, name, 'c5', LEVELS[name])
    source, made, found = export(path, out, 'mmseg', MMSEG[name])
    assert set(found.fit.new) <= {'classifier', 'auxiliary_head'}
    assert 'c2' in found.equal and (name == 'fcn' or {'c5', 'out'} <= set(found.equal))
    model, unchanged = load(MMSEG[name], 'mmseg', out)
    new = {key for key in unchanged if not key.endswith('num_batches_tracked')}
    assert all(key.startswith(('decode_head.conv_seg.', 'auxiliary_head.')) for key in new), sorted(new)[:5]
    assert len(new) == sum(map(len, found.fit.new.values()))


def test_fcn_keeps_its_dilated_levels_apart(checkpoint) -> None:
    """The target reads c4 and c5 at stride 8: other sizes, so not compared; c2 and c3 are."""
    source = read_source(checkpoint('mmseg.ResNetV1c', 'fcn', 'c5', 'out'))
    found = verify(source, convert(source, 'mmseg'), MMSEG['fcn'])
    assert (found.equal, found.incomparable) == (['c2', 'c3'], ['c4', 'c5', 'out'])


def test_another_decoder_downstream_takes_the_encoder(checkpoint) -> None:
    source = read_source(checkpoint('mmpretrain.ResNetV1c', 'semantic_fpn', 'c5', 'out'))
    found = verify(source, convert(source, 'mmseg', 'encoder'), MMSEG['uper'])
    assert found.equal == ['c2', 'c3', 'c4', 'c5']
    assert set(found.fit.new) == {'classifier', 'decode_head (not in this export)', 'auxiliary_head'}
    with pytest.raises(ValueError, match='--part encoder'):
        verify(source, convert(source, 'mmseg'), MMSEG['uper'])


@pytest.mark.skipif(importlib.util.find_spec('mmdet') is None, reason='mmdet is not installed')
class TestMMDet:
    @property
    def config(self) -> str:
        import mmdet

        return shipped(mmdet, 'mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py')

    @pytest.mark.parametrize('decoder, fold', [('plain_fpn', False), ('fpn', True)])
    def test_mask_rcnn(self, checkpoint, tmp_path, decoder: str, fold: bool) -> None:
        out = str(tmp_path / 'out.pth')
        path = checkpoint('mmpretrain.ResNet', decoder, 'c5', 'p2', 'p3', 'p4', 'p5')
        _, made, found = export(path, out, 'mmdet', self.config, fold_norm=fold)
        assert made.folded is fold
        assert set(found.fit.new) == {'rpn_head (not in this export)', 'roi_head (no pre-training reaches it)'}
        assert found.equal == ['c2', 'c3', 'c4', 'c5', 'p2', 'p3', 'p4', 'p5']
        _, unchanged = load(self.config, 'mmdet', out)
        new = {key for key in unchanged if not key.endswith('num_batches_tracked')}
        assert new and all(key.startswith(('rpn_head.', 'roi_head.')) for key in new)

    def test_a_norm_that_the_target_lacks(self, checkpoint) -> None:
        source = read_source(checkpoint('mmpretrain.ResNet', 'fpn', 'c5', 'p2', 'p3', 'p4', 'p5'))
        with pytest.raises(ValueError, match=r"The target's neck has no norm: export with --fold-norm"):
            verify(source, convert(source, 'mmdet'), self.config)

    def test_levels_that_were_not_trained_are_listed(self, checkpoint) -> None:
        source = read_source(checkpoint('mmpretrain.ResNet', 'plain_fpn', 'c5', 'p2'))
        found = verify(source, convert(source, 'mmdet'), self.config)
        group = found.fit.new['not trained in pre-training (feeds no branch)']
        assert {name.rsplit('.', 2)[0] for name in group} == {f'neck.fpn_convs.{i}' for i in (1, 2, 3)}
        assert found.equal == ['c2', 'c3', 'c4', 'c5', 'p2']
