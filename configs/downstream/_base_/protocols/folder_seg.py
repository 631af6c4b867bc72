# Images and PNG annotations of your own, {train,val}/{images,annotations}: of the same names but for the ending. The
# pixels of an annotation are the numbers of their classes, from 0, in the order of classes; 255 does not count.
# 10k iterations of 8 crops: a start, not a published recipe.
_base_ = '../segmentation.py'
data_root, classes = 'data/my_seg', ['background', 'object']
crop_size = (512, 512)
custom_imports = dict(imports=['mmdecon.downstream.seg_folder'], allow_failed_imports=False)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(2048, 512), ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(2048, 512), keep_ratio=True),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train, val = (
    dict(
        type='mmdecon.SegFolder',
        data_root=data_root,
        data_prefix=dict(img_path=f'{part}/images', seg_map_path=f'{part}/annotations'),
        metainfo=dict(classes=classes),
        pipeline=pipeline,
    )
    for part, pipeline in (('train', train_pipeline), ('val', test_pipeline))
)
train_dataloader = dict(batch_size=8, dataset=train)
val_dataloader = dict(dataset=val)
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=1e-4, weight_decay=0.01))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, end=500),
    dict(type='PolyLR', power=0.9, by_epoch=False, begin=500),
]
train_cfg = dict(max_iters=10000, val_interval=1000)
default_hooks = dict(checkpoint=dict(interval=1000, save_best='mIoU'))
