# What makes a CamVid config a minute's run of one CPU core: 100 iterations of 8 crops, pictures at 144 x 192. All
# 101 validation pictures count, and their scores are enlarged to the size of the truth.
small_size, small_crop = (192, 144), (128, 128)
small_train = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=small_size, ratio_range=(0.9, 1.5), keep_ratio=True),
    dict(type='RandomCrop', crop_size=small_crop),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
small_test = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=small_size, keep_ratio=True),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
small = dict(
    train_dataloader=dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=small_train)),
    val_dataloader=dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=small_test)),
    train_cfg=dict(max_iters=100, val_interval=100),
    param_scheduler=[dict(type='PolyLR', power=0.9, by_epoch=False, end=100)],
    default_hooks=dict(logger=dict(interval=20), checkpoint=dict(interval=100)),
    data_preprocessor=dict(size=small_crop),
)
