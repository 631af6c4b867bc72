# A very small segmenter of mmseg on the bundled images: seconds a run.
_base_ = '../../projects/demo/configs/finetune.py'
channels, crop = 8, (64, 64)
model = dict(
    data_preprocessor=dict(size=crop),
    backbone=dict(base_channels=8),
    neck=dict(in_channels=[8, 16, 32, 64], out_channels=channels),
    decode_head=dict(in_channels=[channels] * 4, channels=channels),
)
load, annotate, cut, flip, pack = _base_.train_pipeline
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        ann_file='ImageSets/Segmentation/train_16.txt',
        pipeline=[load, annotate, dict(cut, crop_size=crop), flip, pack],
    ),
)
val_dataloader = dict(batch_size=1, dataset=dict(indices=4))
val_evaluator = dict(type='mmdecon.ForegroundIoU')
train_cfg = dict(max_iters=8, val_interval=4)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=2))
