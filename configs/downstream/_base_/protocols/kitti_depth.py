# KITTI, Eigen's split: 80k iterations of 352 x 1216 cuts, batches of 4 a GPU; evaluated in Garg's crop of the cut, to
# 80 m. Layout: input/<date>/..., gt_depth/<drive>/..., kitti_eigen_train.txt, kitti_eigen_test.txt.
_base_ = '../depth.py'
max_depth = 80.0
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mmdecon.LoadDepth'),
    dict(type='mmdecon.KBCrop'),
    dict(type='RandomRotate', prob=0.5, degree=1.0, seg_pad_val=0),
    dict(type='RandomFlip', prob=0.5),
    dict(type='mmdecon.RandomGamma', brightness=(0.9, 1.1)),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mmdecon.LoadDepth'),
    dict(type='mmdecon.KBCrop'),
    dict(type='mmdecon.MaskDepth', region='garg'),
    dict(type='PackSegInputs'),
]
train, test = (
    dict(
        type='mmdecon.DepthFolder',
        data_root='data/kitti',
        images='input',
        depths='gt_depth',
        list_file=f'kitti_eigen_{part}.txt',
        image_suffix='.png',
        depth_scale=256,
        max_depth=max_depth,
        pipeline=pipeline,
    )
    for part, pipeline in (('train', train_pipeline), ('test', test_pipeline))
)
train_dataloader = dict(batch_size=4, dataset=train)
val_dataloader = dict(dataset=test)
test_dataloader = val_dataloader
val_evaluator = dict(max_depth_eval=max_depth)
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=1e-4, weight_decay=0.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, by_epoch=False, end=3200),
    dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=3200, end=80000),
]
train_cfg = dict(max_iters=80000, val_interval=800)
default_hooks = dict(checkpoint=dict(interval=800))
