"""The pre-training configs that configs/downstream/README.md names fit the downstream configs beside them."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmdecon.export import Source, convert, verify
from mmdecon.models.decon import build_network

from ..test_configs import ROOT, narrow, parts

HEAD = {'decode_head (not in this export)'}
DETECTOR = {'rpn_head (not in this export)', 'roi_head (no pre-training reaches it)'}
PAIRS = [
    ('decon-ml-slotcon_r50-fpn', 'voc_seg/fpn_r50_2xb8-30k_voc12aug-513x513', HEAD),
    ('decon-sl-slotcon_r50-uperhead', 'cityscapes_seg/upernet_r50_2xb8-90k_cityscapes-769x769', {'auxiliary_head'}),
    ('decon-sl-slotcon_r50-fcn', 'voc_seg/fcn_r50-d16_2xb8-30k_voc12aug-513x513', set()),
    ('decon-sl-slotcon_r50-fcn', 'cityscapes_seg/fcn_r50-d16_2xb8-90k_cityscapes-769x769', set()),
    ('decon-sl-slotcon_r50-fcn512', 'ade20k_seg/fcn_r50-d8_4xb4-80k_ade20k-512x512', {'auxiliary_head'}),
    ('decon-ml-slotcon_r18-fpn', 'my_images_seg/fpn_r18_1xb8-10k_my-images-512x512', HEAD),
    ('decon-ml-slotcon_r50-fpn', 'coco_det/mask-rcnn_r50-fpn_8xb2-ms-1x_coco', DETECTOR),
]


def small(path: Path) -> Config:
    """A config whose widths are an eighth."""
    cfg = Config.fromfile(path)
    for part in parts(cfg.model):
        narrow(part)
    return cfg


@pytest.mark.parametrize('pretraining, fine_tuning, new', PAIRS)
def test_the_export_fits(pretraining: str, fine_tuning: str, new: set[str], tmp_path: Path) -> None:
    if 'coco_det' in fine_tuning and find_spec('mmdet') is None:
        pytest.skip('mmdet is not installed')
    layout = 'mmdet' if 'coco_det' in fine_tuning else 'mmseg'
    target = tmp_path / 'target.py'
    small(ROOT / 'downstream' / f'{fine_tuning}.py').dump(target)
    (config,) = (path for data in ('coco', 'my-images') for path in (ROOT / 'decon').glob(f'{pretraining}_*_{data}.py'))
    model = small(config).model
    torch.manual_seed(0)
    network = build_network(model.network, model.branches).eval()
    source = Source(network, model, 'student', {}, '')
    found = verify(source, convert(source, layout), str(target))
    assert {'c2', 'c3'} <= set(found.equal)  # the deeper ones are dilated in some targets
    assert set(found.fit.new) - {'classifier'} == new
