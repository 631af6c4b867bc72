# 14 x 14 positions of each decoder level instead of all cells, projectors of a quarter of the width.
_base_ = './decon-ml-pixpro_r50-fpn_8xb64-coslr-800e_coco.py'
model = dict(
    branches=dict(
        dec=dict(
            positions=dict(type='mmdecon.PositionSampler', grid=14),
            head=dict(hidden_channels=1024, grid=None),
        )
    )
)
