# One MoCo v2 branch; a config adds the level, and the teachers' schedule, model.momentum=_base_.momentum.
branch = dict(
    head=dict(type='mmdecon.VectorHead', hidden_channels=2048, out_channels=128),
    objective=dict(type='mmdecon.VectorContrast', queue_length=65536, temperature=0.2),
    pairs=((0, 1),),
)
momentum = dict(schedule='constant', start=0.999)
