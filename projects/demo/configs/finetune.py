# A segmenter of mmseg on few labelled images: ResNet-18 + FPN + FPNHead. load_from takes an export of tools/export.py.
_base_ = '../../../configs/downstream/_base_/segmentation.py'
iterations, crop_size, channels = 80, (128, 128), 64
norm_cfg = dict(type='BN')
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[13.0] * 3,
        std=[20.0] * 3,
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
        size=crop_size,
        test_cfg=dict(size_divisor=32),
    ),
    backbone=dict(type='ResNet', depth=18, norm_cfg=norm_cfg),
    neck=dict(type='FPN', in_channels=[64, 128, 256, 512], out_channels=channels, num_outs=4),
    decode_head=dict(
        type='FPNHead',
        in_channels=[channels] * 4,
        in_index=[0, 1, 2, 3],
        feature_strides=[4, 8, 16, 32],
        channels=channels,
        num_classes=2,
        out_channels=2,
        norm_cfg=norm_cfg,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
train, val = (
    dict(
        type='BaseSegDataset',
        data_root='tests/data/nuclei',
        data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'),
        img_suffix='.png',
        seg_map_suffix='.png',
        metainfo=dict(classes=('background', 'nucleus'), palette=[[0, 0, 0], [0, 158, 115]]),
        ann_file=f'ImageSets/Segmentation/{part}.txt',
        pipeline=pipeline,
    )
    for part, pipeline in (('train_4', train_pipeline), ('val', test_pipeline))
)
train_dataloader = dict(batch_size=4, num_workers=0, persistent_workers=False, dataset=train)
val_dataloader = dict(batch_size=8, num_workers=0, persistent_workers=False, dataset=val)
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=3e-3, weight_decay=0.01))
param_scheduler = [dict(type='PolyLR', power=0.9, by_epoch=False, end=iterations)]
train_cfg = dict(max_iters=iterations, val_interval=iterations)
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=iterations))
