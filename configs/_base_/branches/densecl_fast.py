# A DenseCL branch for fine levels at a fraction of the cost, fast_branch, beside the published one for the encoder:
# 14 x 14 positions of a view instead of all cells, a projector of a quarter of the width, a sixteenth of the queue.
_base_ = './densecl.py'
fast_branch = dict(
    _base_.branch,
    positions=dict(type='mmdecon.PositionSampler', grid=14),
    head=dict(_base_.branch.head, hidden_channels=512),
    objective=dict(_base_.branch.objective, queue_length=4096),
)
