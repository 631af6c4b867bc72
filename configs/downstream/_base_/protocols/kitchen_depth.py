# One room of 7-Scenes, 59 + 18 frames, at half their size: a small experiment for a CPU, 600 iterations of 8.
# Its depths: 0.8 to 3.5 m, 99.9 % below 3.3 m, 4 to 26 % of a frame unknown; hence max_depth.
_base_ = './folder_depth.py'
max_depth, size = 4.0, (320, 240)
train_pipeline = [
    *_base_.train_pipeline[:2],
    dict(type='Resize', scale=size),
    *_base_.train_pipeline[2:],
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=size), *_base_.test_pipeline[1:]]
train_dataloader = dict(
    num_workers=1,
    dataset=dict(
        data_root='data/7scenes_kitchen',
        images='train/color',
        depths='train/depth',
        max_depth=max_depth,
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    num_workers=1,
    dataset=dict(
        data_root='data/7scenes_kitchen',
        images='val/color',
        depths='val/depth',
        max_depth=max_depth,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(max_depth_eval=max_depth)
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(lr=3e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, end=50),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=50, end=600),
]
train_cfg = dict(max_iters=600, val_interval=200)
default_hooks = dict(logger=dict(interval=10), checkpoint=dict(interval=200))
