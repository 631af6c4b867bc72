# A sixteenth of the cells of p2, a quarter of the width, half the slots.
_base_ = './_base_/r18_fpn_96px.py'
fast = dict(
    positions=dict(type='mmdecon.PositionSampler', grid=6),
    head=dict(hidden_channels=128, num_slots=32),
    objective=dict(hidden_channels=128),
)
model = dict(branches=dict(dec=fast))
train_cfg = dict(max_epochs=2)
