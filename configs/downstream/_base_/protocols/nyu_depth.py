# NYU-Depth-V2: 80k iterations of whole pictures, batches of 4 a GPU; evaluated in Eigen's crop, up to 10 m.
# The layout is mmseg's (images/train, annotations/train, ...); the lists nyu_train.txt and nyu_test.txt serve as
# dataset.list_file, with dataset.images and dataset.depths the folders that their paths begin in.
_base_ = '../depth.py'
max_depth = 10.0
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mmdecon.LoadDepth'),
    dict(type='mmdecon.MaskDepth', region='nyu_border'),
    dict(type='RandomRotate', prob=0.5, degree=2.5, seg_pad_val=0),
    dict(type='RandomFlip', prob=0.5),
    dict(type='mmdecon.RandomGamma', brightness=(0.75, 1.25)),
    dict(type='PackSegInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='mmdecon.LoadDepth'), dict(type='PackSegInputs')]
train, test = (
    dict(
        type='mmdecon.DepthFolder',
        data_root='data/nyu',
        images=f'images/{part}',
        depths=f'annotations/{part}',
        depth_scale=1000,
        max_depth=max_depth,
        pipeline=pipeline,
    )
    for part, pipeline in (('train', train_pipeline), ('test', test_pipeline))
)
train_dataloader = dict(batch_size=4, dataset=train)
val_dataloader = dict(dataset=test)
test_dataloader = val_dataloader
val_evaluator = dict(max_depth_eval=max_depth, crop_type='nyu_crop')
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(_delete_=True, type='Adam', lr=1e-5))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, end=800),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=800, end=80000),
]
train_cfg = dict(max_iters=80000, val_interval=800)
default_hooks = dict(checkpoint=dict(interval=800))
