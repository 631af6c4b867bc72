# The published FPN: a norm after each convolution, no activation.
_base_ = './r50.py'
model = dict(
    network=dict(
        decoder=dict(
            fpn=dict(
                type='mmdecon.NeckDecoder',
                neck=dict(type='mmseg.FPN', out_channels=256, norm_cfg=dict(type='mmdecon.SyncBN')),
            )
        )
    )
)
