# Pictures and 16-bit depth of one's own: {train,val}/{images,depths}, in millimetres, up to 10 m, of any size.
# dataset.depth_scale is what file values are divided by to give metres; max_depth the farthest depth there is.
_base_ = '../depth.py'
max_depth = 10.0
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mmdecon.LoadDepth'),
    dict(type='RandomRotate', prob=0.5, degree=2.5, seg_pad_val=0),
    dict(type='RandomFlip', prob=0.5),
    dict(type='mmdecon.RandomGamma', brightness=(0.75, 1.25)),
    dict(type='PackSegInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='mmdecon.LoadDepth'), dict(type='PackSegInputs')]
train, val = (
    dict(
        type='mmdecon.DepthFolder',
        data_root='data/my_depth',
        images=f'{part}/images',
        depths=f'{part}/depths',
        depth_scale=1000,
        max_depth=max_depth,
        pipeline=pipeline,
    )
    for part, pipeline in (('train', train_pipeline), ('val', test_pipeline))
)
train_dataloader = dict(batch_size=8, dataset=train)
val_dataloader = dict(dataset=val)
test_dataloader = val_dataloader
val_evaluator = dict(max_depth_eval=max_depth)
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=1e-4, weight_decay=0.01))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, end=500),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=500, end=20000),
]
train_cfg = dict(max_iters=20000, val_interval=1000)
default_hooks = dict(checkpoint=dict(interval=1000))
