"""CamVid's unlabelled pixels, 11, count neither in the loss nor in the metric."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DATASETS, METRICS, MODELS, DefaultScope

from tests.support.data import DATA

ROOT = Path(__file__).parents[2]
CAMVID = DATA / 'camvid'
CONFIG = """
_base_ = [
    '{root}/configs/downstream/_base_/models/r50.py',
    '{root}/configs/downstream/_base_/protocols/camvid_seg.py',
]
model = dict(
    data_preprocessor=dict(size=_base_.crop_size, seg_pad_val=_base_.ignore_index),
    backbone=dict(depth=18, base_channels=8, stem_channels=8, norm_cfg=dict(type='BN')),
    decode_head=dict(
        type='FCNHead',
        in_channels=64,
        channels=8,
        num_classes=11,
        ignore_index=_base_.ignore_index,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
    ),
)
"""
pytestmark = pytest.mark.skipif(not CAMVID.is_dir(), reason=f'CamVid is not at {CAMVID}')


@pytest.fixture
def cfg(tmp_path):
    (tmp_path / 'config.py').write_text(CONFIG.format(root=ROOT))
    cfg = Config.fromfile(tmp_path / 'config.py')
    for part in ('train', 'val'):
        cfg[f'{part}_dataloader'].dataset.data_root = str(CAMVID)
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield cfg


def test_unlabelled_pixels_do_not_change_the_loss(cfg):
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).eval()
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(dataset) == 367
    sample = dataset[40]
    labels = sample['data_samples'].gt_sem_seg.data
    assert labels.max() == 11 and labels.shape == (1, 320, 320)
    sample['inputs'] = sample['inputs'][:, :300]  # the preprocessor pads the rest, with 11
    sample['data_samples'].gt_sem_seg = type(sample['data_samples'].gt_sem_seg)(data=labels[:, :300])
    data = model.data_preprocessor(dict(inputs=[sample['inputs']], data_samples=[sample['data_samples']]), True)
    truth = data['data_samples'][0].gt_sem_seg.data
    assert (truth[:, 300:] == 11).all()
    loss = model(**data, mode='loss')['decode.loss_ce']
    logits = torch.nn.functional.interpolate(model(data['inputs'], mode='tensor'), truth.shape[1:], mode='bilinear')
    known = truth[0] != 11
    wanted = torch.nn.functional.cross_entropy(logits[0, :, known].T, truth[0][known])
    torch.testing.assert_close(loss, wanted)


def test_unlabelled_pixels_do_not_change_the_metric(cfg):
    dataset = DATASETS.build(cfg.val_dataloader.dataset)
    metric = METRICS.build(cfg.val_evaluator)
    metric.dataset_meta = dataset.metainfo
    packed = dataset[0]['data_samples']
    truth = packed.gt_sem_seg.data
    assert (truth == 11).any()
    prediction = truth.masked_fill(truth == 11, 3)
    metric.process({}, [dict(packed.to_dict(), pred_sem_seg=dict(data=prediction))])
    assert metric.evaluate(1)['aAcc'] == 100
