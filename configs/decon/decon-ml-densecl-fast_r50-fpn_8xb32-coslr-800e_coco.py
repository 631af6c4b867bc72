# 14 x 14 positions of each decoder level instead of all cells, a quarter of the width, a sixteenth of the queue.
_base_ = './decon-ml-densecl_r50-fpn_8xb32-coslr-800e_coco.py'
model = dict(
    branches=dict(
        dec=dict(
            positions=dict(type='mmdecon.PositionSampler', grid=14),
            head=dict(hidden_channels=512, grid=None),
            objective=dict(queue_length=4096),
        )
    )
)
