# One DetCon-B branch; a config adds the level.
branch = dict(
    sampler=dict(type='mmdecon.RegionSampler', num_regions=16, pooling='hard'),
    head=dict(type='mmdecon.RegionHead', hidden_channels=4096, out_channels=256, norm_cfg=dict(type='mmdecon.SyncBN')),
    objective=dict(
        type='mmdecon.DetConObjective',
        hidden_channels=4096,
        temperature=0.1,
        local_negatives=True,
        norm_cfg=dict(type='mmdecon.SyncBN'),
    ),
)
