# CamVid in 11 classes, 360 x 480 pixels: a small experiment, 2k iterations of 8 crops.
# 11 is unlabelled. A model sets data_preprocessor.seg_pad_val and decode_head.ignore_index to _base_.ignore_index.
_base_ = '../segmentation.py'
crop_size, ignore_index = (320, 320), 11
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(480, 360), ratio_range=(0.9, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
classes = ['sky', 'building', 'pole', 'road', 'pavement', 'tree', 'sign', 'fence', 'car', 'pedestrian', 'bicyclist']
train, val = (
    dict(
        type='BaseSegDataset',
        data_root='data/camvid',
        data_prefix=dict(img_path=f'img_dir/{part}', seg_map_path=f'ann_dir/{part}'),
        metainfo=dict(classes=classes),
        ignore_index=ignore_index,
        pipeline=pipeline,
    )
    for part, pipeline in (('train', train_pipeline), ('val', test_pipeline))
)
train_dataloader = dict(num_workers=1, dataset=train)
val_dataloader = dict(num_workers=1, dataset=val)
test_dataloader = val_dataloader
val_evaluator = dict(ignore_index=ignore_index)
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=1e-3, weight_decay=0.01))
param_scheduler = [dict(type='PolyLR', power=0.9, by_epoch=False, end=2000)]
train_cfg = dict(max_iters=2000, val_interval=500)
default_hooks = dict(checkpoint=dict(interval=500))
