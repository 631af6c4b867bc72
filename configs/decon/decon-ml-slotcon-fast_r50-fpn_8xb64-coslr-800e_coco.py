# 14 x 14 positions of each decoder level instead of all cells, projectors of a quarter of the width, half the slots.
_base_ = './decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py'
model = dict(
    branches=dict(
        dec=dict(
            positions=dict(type='mmdecon.PositionSampler', grid=14),
            head=dict(hidden_channels=1024, num_slots=128),
            objective=dict(hidden_channels=1024),
        )
    )
)
