# Clothing Co-Parsing, merged to 10 classes, photos 192 pixels wide: a small experiment for a CPU. Crops of 128 x 128 to
# train, whole photos to test. Another length is train_cfg.max_iters alone: the rate falls to the end of whatever it is.
_base_ = '../../../../../configs/downstream/_base_/segmentation.py'
crop_size, iterations = (128, 128), 400
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(192, 290), ratio_range=(0.75, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.9),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
classes = ['background', 'skin', 'hair', 'top', 'outerwear', 'bottom', 'dress', 'shoes', 'bag', 'accessory']
train, val = (
    dict(
        type='BaseSegDataset',
        data_root='data/ccp',
        data_prefix=dict(img_path=f'img_dir/{part}', seg_map_path=f'ann_dir/{part}'),
        metainfo=dict(classes=classes),
        pipeline=pipeline,
    )
    for part, pipeline in (('train', train_pipeline), ('val', test_pipeline))
)
train_dataloader = dict(num_workers=0, persistent_workers=False, dataset=train)
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=val)
test_dataloader = val_dataloader
val_evaluator = dict(type='mmdecon.ForegroundIoU')
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=1e-3, weight_decay=0.01))
param_scheduler = [dict(type='PolyLR', power=0.9, by_epoch=False)]
train_cfg = dict(max_iters=iterations, val_interval=iterations)
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=iterations))
