# One DetCon-S branch, without predictor; a config adds the level, and model.shared=True: one network, its own
# teacher.
branch = dict(
    shared=True,
    sampler=dict(type='mmdecon.RegionSampler', num_regions=16, pooling='hard'),
    head=dict(type='mmdecon.RegionHead', hidden_channels=2048, out_channels=128, norm_cfg=dict(type='mmdecon.SyncBN')),
    objective=dict(type='mmdecon.DetConObjective', predictor=False, temperature=0.1, local_negatives=True),
)
