# The published FCN for Cityscapes and VOC.
_base_ = './r50.py'
model = dict(
    network=dict(
        decoder=dict(
            head=dict(
                type='mmdecon.SegHeadDecoder',
                inputs='c5',
                head=dict(
                    type='mmseg.FCNHead',
                    channels=256,
                    num_convs=2,
                    dilation=6,
                    concat_input=False,
                    norm_cfg=dict(type='mmdecon.SyncBN'),
                ),
            )
        )
    )
)
