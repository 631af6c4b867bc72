# VOC2012 with the extra annotations: 30k iterations of 2 x 8 crops.
_base_ = '../segmentation.py'
crop_size = (513, 513)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(2049, 513), ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(2049, 513), keep_ratio=True),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train, aug, val = (
    dict(
        type='PascalVOCDataset',
        data_root='data/VOCdevkit/VOC2012',
        data_prefix=dict(img_path='JPEGImages', seg_map_path=folder),
        ann_file=f'ImageSets/Segmentation/{part}.txt',
        pipeline=pipeline,
    )
    for part, folder, pipeline in (
        ('train', 'SegmentationClass', train_pipeline),
        ('aug', 'SegmentationClassAug', train_pipeline),
        ('val', 'SegmentationClass', test_pipeline),
    )
)
train_dataloader = dict(dataset=dict(type='ConcatDataset', datasets=[train, aug]))
val_dataloader = dict(dataset=val)
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(lr=0.003, weight_decay=1e-4))
param_scheduler = [dict(type='MultiStepLR', milestones=[21000, 27000], by_epoch=False)]
train_cfg = dict(max_iters=30000, val_interval=3000)
default_hooks = dict(checkpoint=dict(interval=3000))
