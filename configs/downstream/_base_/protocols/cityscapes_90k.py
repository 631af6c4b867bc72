# Cityscapes: 90k iterations of 2 x 8 crops; tested by windows that slide by 513 pixels.
_base_ = '../segmentation.py'
crop_size, stride = (769, 769), (513, 513)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(2049, 1025), ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(2049, 1025), keep_ratio=True),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train, val = (
    dict(
        type='CityscapesDataset',
        data_root='data/cityscapes',
        data_prefix=dict(img_path=f'leftImg8bit/{part}', seg_map_path=f'gtFine/{part}'),
        pipeline=pipeline,
    )
    for part, pipeline in (('train', train_pipeline), ('val', test_pipeline))
)
train_dataloader = dict(dataset=train)
val_dataloader = dict(dataset=val)
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(lr=0.01, weight_decay=1e-4))
param_scheduler = [dict(type='MultiStepLR', milestones=[63000, 81000], by_epoch=False)]
train_cfg = dict(max_iters=90000, val_interval=9000)
default_hooks = dict(checkpoint=dict(interval=9000))
