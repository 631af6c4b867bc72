# One SlotCon branch; a config adds the level. The hidden channels make most of the cost of a decoder branch.
branch = dict(
    head=dict(
        type='mmdecon.SlotHead',
        hidden_channels=4096,
        out_channels=256,
        num_slots=256,
        norm_cfg=dict(type='mmdecon.SyncBN'),
        recompute=True,
    ),
    objective=dict(type='mmdecon.SlotConObjective', hidden_channels=4096, norm_cfg=dict(type='mmdecon.SyncBN')),
)
