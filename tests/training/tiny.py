# DeCon-ML in small: 16 nuclei images, two epochs of two iterations, every random draw of the real thing.
norm_cfg = dict(type='mmdecon.SyncBN')
branch = dict(
    head=dict(type='mmdecon.SlotHead', hidden_channels=16, out_channels=8, num_slots=8, norm_cfg=norm_cfg),
    objective=dict(type='mmdecon.SlotConObjective', hidden_channels=16, norm_cfg=norm_cfg),
)
model = dict(
    type='mmdecon.DeCon',
    data_preprocessor=dict(type='mmdecon.ViewPreprocessor'),
    network=dict(
        type='mmdecon.Network',
        encoder=dict(type='mmpretrain.ResNet', depth=18, base_channels=8, out_indices=(0, 1, 2, 3), norm_cfg=norm_cfg),
        decoder=dict(
            fpn=dict(
                type='mmdecon.NeckDecoder',
                channel_dropout=0.5,
                neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=norm_cfg),
            )
        ),
    ),
    branches=dict(
        enc=dict(level='c5', weight=0.5, **branch),
        dec_p2=dict(level='p2', weight=0.25, **branch),
        dec_p4=dict(level='p4', weight=0.25, **branch),
    ),
    momentum=dict(schedule='cosine', start=0.9),
)
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    drop_last=True,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='mmdecon.ViewSampler', shuffle=True),
    dataset=dict(
        type='mmdecon.ImageFolder',
        folders='tests/data/nuclei/JPEGImages',
        indices=16,
        pipeline=[
            dict(type='mmdecon.LoadImage'),
            dict(
                type='mmdecon.TwoViews',
                size=64,
                photometric=[
                    [dict(type='RandomGrayscale', prob=0.5, keep_channels=True)],
                    [dict(type='mmpretrain.Solarize', thr=128, prob=0.5)],
                ],
            ),
            dict(type='mmdecon.PackViews'),
        ],
    ),
)
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='mmdecon.SkipVectors',
    optimizer=dict(type='mmpretrain.LARS', lr=0.1, momentum=0.9, weight_decay=1e-5),
)
param_scheduler = [dict(type='CosineAnnealingLR', T_max=2, by_epoch=True, convert_to_iter_based=True)]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=2)
auto_scale_lr = dict(base_batch_size=8)
default_scope = 'mmengine'
default_hooks = dict(logger=dict(type='LoggerHook', interval=1), checkpoint=dict(type='CheckpointHook', interval=1))
custom_hooks = [
    dict(type='mmdecon.SeedEachStep'),
    dict(type='mmdecon.Health', interval=1),
    dict(type='mmdecon.PlainCheckpoint'),
]
log_processor = dict(window_size=1)
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
randomness = dict(seed=3)
