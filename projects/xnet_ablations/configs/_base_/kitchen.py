# What makes a kitchen config a minute's run of one CPU core: 100 iterations of 8 pictures of 96 x 128 pixels. All 18
# validation pictures count, and what is predicted is enlarged to the size of the truth.
small_size = (128, 96)
small_train = [
    dict(type='LoadImageFromFile'),
    dict(type='mmdecon.LoadDepth'),
    dict(type='Resize', scale=small_size),
    dict(type='RandomRotate', prob=0.5, degree=2.5, seg_pad_val=0),
    dict(type='RandomFlip', prob=0.5),
    dict(type='mmdecon.RandomGamma', brightness=(0.75, 1.25)),
    dict(type='PackSegInputs'),
]
small_test = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=small_size),
    dict(type='mmdecon.LoadDepth'),
    dict(type='PackSegInputs'),
]
small = dict(
    train_dataloader=dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=small_train)),
    val_dataloader=dict(num_workers=0, persistent_workers=False, dataset=dict(pipeline=small_test)),
    optim_wrapper=dict(optimizer=dict(lr=1e-3)),  # 3e-4, for 600, leaves 100 no better than one depth for all
    train_cfg=dict(max_iters=100, val_interval=100),
    param_scheduler=[
        dict(type='LinearLR', start_factor=1e-3, by_epoch=False, end=10),
        dict(type='PolyLR', power=1.0, eta_min=0.0, by_epoch=False, begin=10, end=100),
    ],
    default_hooks=dict(logger=dict(interval=20), checkpoint=dict(interval=100)),
)
