# One BYOL branch; a config adds the level, and the teachers' schedule, model.momentum=_base_.momentum (here
# mmpretrain's for 200 epochs).
branch = dict(
    head=dict(
        type='mmdecon.VectorHead',
        hidden_channels=4096,
        out_channels=256,
        norm_cfg=dict(type='mmdecon.SyncBN'),
        last_bias=False,
    ),
    objective=dict(
        type='mmdecon.VectorPrediction',
        hidden_channels=4096,
        norm_cfg=dict(type='mmdecon.SyncBN'),
        last_bias=False,
    ),
)
momentum = dict(schedule='cosine', start=0.99)
