# One PixPro branch; a config adds the level. fine_branch, for fine levels, keeps the loss cheap.
branch = dict(
    head=dict(
        type='mmdecon.MapHead',
        hidden_channels=4096,
        out_channels=256,
        norm_cfg=dict(type='mmdecon.SyncBN'),
        recompute=True,
    ),
    objective=dict(type='mmdecon.PixProObjective', power=2.0, transform_layers=1, max_distance=0.7),
)
fine_branch = dict(branch, head=dict(branch['head'], grid=14))
