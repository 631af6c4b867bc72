# One SimCLR branch; a config adds the level, and model.shared=True: one network, its own teacher. The weight of a half
# makes the sum of both pairs the mean over both views; beside other branches, give half of what it is to weigh. Under
# model.alpha weights are proportions, and a side that has this branch alone weighs twice of what alpha says.
branch = dict(
    weight=0.5,
    shared=True,
    head=dict(
        type='mmdecon.VectorHead',
        hidden_channels=2048,
        out_channels=128,
        norm_cfg=dict(type='mmdecon.SyncBN'),
        last_bias=False,
        hidden_bias=False,
        last_norm=True,
    ),
    objective=dict(type='mmdecon.VectorContrast', queue_length=0, temperature=0.1),
)
