"""Encoder, neck and towers loaded, as load_from does, into the configs that mmdet ships, unedited."""

from importlib.util import find_spec
from typing import Any

import pytest
from mmengine.config import Config

from mmdecon.export import read_source
from tests.support import tiny
from tests.support.exports import save

from .conftest import scatter, shipped
from .test_shipped_configs import export, load

pytestmark = [pytest.mark.skipif(find_spec('mmdet') is None, reason='mmdet is not installed'), pytest.mark.slow]
CONFIGS = dict(
    retinanet='retinanet/retinanet_r50_fpn_1x_coco.py',
    fcos='fcos/fcos_r50-caffe_fpn_gn-head_1x_coco.py',
    atss='atss/atss_r50_fpn_1x_coco.py',
    mask_rcnn='mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py',
    yolox='yolox/yolox_s_8xb8-300e_coco.py',
)
NEW = dict(
    retinanet={'classifier'},
    fcos={'classifier', 'not trained in pre-training (feeds no branch)'},  # scales of each level
    atss={'classifier', 'not trained in pre-training (feeds no branch)'},
    mask_rcnn={'classifier', 'roi_head (no pre-training reaches it)'},
    yolox={'classifier'},
)
TOWERS = dict(
    mask_rcnn=['t2', 't3', 't4', 't5', 't6'], yolox=[f'{tower}{i}' for tower in ('cls', 'reg') for i in (3, 4, 5)]
)
TWO = [f'{tower}{i}' for tower in ('cls', 'reg') for i in (3, 4, 5, 6, 7)]


def path_of(name: str) -> str:
    import mmdet

    return shipped(mmdet, CONFIGS[name])


def network(name: str) -> dict[str, Any]:
    """A network made of a detector's own config: its backbone, neck and head, as they stand there."""
    model = Config.fromfile(path_of(name)).model.to_dict()
    unwanted = ('type', 'init_cfg', 'frozen_stages', 'norm_eval')
    backbone = {key: value for key, value in model['backbone'].items() if key not in unwanted}
    head = model.get('rpn_head') or model['bbox_head']
    names = (
        ['p2', 'p3', 'p4', 'p5', 'p6']
        if name == 'mask_rcnn'
        else ['p3', 'p4', 'p5', 'p6', 'p7'][: len(TOWERS.get(name, TWO)) // 2]
    )
    kind = 'mmdet.CSPDarknet' if name == 'yolox' else 'mmpretrain.ResNet'
    decoder = dict(
        neck=dict(type='mmdecon.NeckDecoder', neck=dict(model['neck'], type=f'mmdet.{model["neck"]["type"]}')),
        head=dict(type='mmdecon.DenseHeadDecoder', inputs=names, head=dict(head, type=f'mmdet.{head["type"]}')),
    )
    return tiny.network(decoder, encoder=dict(backbone, type=kind), probe_size=128)


@pytest.mark.parametrize('name', CONFIGS)
def test_all_of_a_detector_but_its_predictors(tmp_path, name: str) -> None:
    towers = TOWERS.get(name, TWO)
    source = read_source(save(tmp_path / 'decon.pth', network(name), 'c5', *towers, change=scatter))
    assert list(source.network.decoder['head'].names) == towers
    out = str(tmp_path / 'out.pth')
    _, made, found = export(source.path, out, 'mmdet', path_of(name))
    assert set(found.fit.new) == NEW[name]
    assert found.equal[-len(towers) :] == towers and found.incomparable == []
    _, unchanged = load(path_of(name), 'mmdet', out)
    new = {key for key in unchanged if not key.endswith(('num_batches_tracked', 'integral.project'))}
    assert new == {key for keys in found.fit.new.values() for key in keys} and new
    assert all(key.startswith((*made.classifiers, 'roi_head.')) or key in made.untrained for key in new)
