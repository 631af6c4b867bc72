# One DenseCL branch; a config adds the level, and the teachers' schedule, model.momentum=_base_.momentum.
# fine_branch, for fine levels, compares 14 x 14 cells at most. One pair: the student sees the first view, the teacher
# the second.
branch = dict(
    head=dict(type='mmdecon.DenseHead', hidden_channels=2048, out_channels=128),
    objective=dict(type='mmdecon.DenseCLObjective', queue_length=65536, temperature=0.2, dense_weight=0.5),
    pairs=((0, 1),),
)
fine_branch = dict(branch, head=dict(branch['head'], grid=14))
momentum = dict(schedule='constant', start=0.999)
