# NYU-Depth-V2 as encoders are evaluated (BYOL, DetCon): 7500 iterations of 8 x 32 crops of 304 x 228 from pictures of
# half size. Layout and evaluation are those of ./nyu_depth.py; the paper's figure is d1, the share of pixels that are
# off by less than a quarter.
_base_ = './nyu_depth.py'
size, crop_size = (320, 240), (228, 304)
train_pipeline = [
    *_base_.train_pipeline[:3],
    dict(type='Resize', scale=size),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion', brightness_delta=32, saturation_range=(0.5, 1.5), contrast_range=(1.0, 1.0)),
    dict(type='PackSegInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=size), *_base_.test_pipeline[1:]]
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
optim_wrapper = dict(optimizer=dict(_delete_=True, type='SGD', lr=0.16, momentum=0.9, weight_decay=5e-4))
param_scheduler = [dict(type='PolyLR', power=0.9, by_epoch=False)]
train_cfg = dict(max_iters=7500, val_interval=500)
default_hooks = dict(checkpoint=dict(interval=500, save_best='d1', rule='greater'))
