# DeCon-SL (SlotCon) in some minutes on two CPU cores: ResNet-18 + FPN on the bundled images, without their labels.
_base_ = ['../../../configs/_base_/networks/r18_fpn.py', '../../../configs/_base_/default_runtime.py']
iterations, warm_up = 300, 40
branch = dict(
    head=dict(type='mmdecon.SlotHead', hidden_channels=256, out_channels=64, num_layers=2, num_slots=16),
    objective=dict(type='mmdecon.SlotConObjective', hidden_channels=256, num_layers=2),
)
model = dict(
    data_preprocessor=dict(mean=[13.0] * 3, std=[20.0] * 3),  # of these images, much darker than photos
    network=dict(decoder=dict(fpn=dict(neck=dict(out_channels=64, norm_cfg=None)))),
    alpha=0.2,
    branches=dict(enc=dict(branch, level='c5'), dec_p2=dict(branch, level='p2')),
    momentum=dict(schedule='cosine', start=0.97),
)
photometrics = [
    [
        dict(
            type='RandomApply',
            prob=0.8,
            transforms=[dict(type='mmpretrain.ColorJitter', brightness=0.4, contrast=0.4)],
        ),
        dict(type='mmpretrain.GaussianBlur', magnitude_range=(0.1, 2.0), magnitude_std='inf', prob=blur),
    ]
    for blur in (0.5, 0.1)
]
train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    persistent_workers=True,
    drop_last=True,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='mmdecon.EndlessViewSampler', shuffle=True),
    dataset=dict(
        type='mmdecon.ImageFolder',
        data_root='tests/data/nuclei',
        folders='JPEGImages',
        list_file='ImageSets/Segmentation/train.txt',
        pipeline=[
            dict(type='mmdecon.LoadImage'),
            dict(type='mmdecon.TwoViews', size=64, scale=(0.08, 0.5), photometric=photometrics),
            dict(type='mmdecon.PackViews'),
        ],
    ),
)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=3e-3, weight_decay=0.05))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=warm_up),
    dict(type='CosineAnnealingLR', eta_min=1e-6, by_epoch=False, begin=warm_up, end=iterations),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=iterations)
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(_delete_=True, type='CheckpointHook', by_epoch=False, interval=iterations),
)
