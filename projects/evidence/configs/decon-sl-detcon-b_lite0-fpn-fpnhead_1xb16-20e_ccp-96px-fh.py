# FPN and FPNHead alone, by DetCon-B on the head's map.
_base_ = './decon-ml-detcon-b_lite0-fpn_1xb16-6e_ccp-96px-fh.py'
model = dict(
    network=dict(
        decoder=dict(
            head=dict(
                type='mmdecon.SegHeadDecoder',
                inputs=['p2', 'p3', 'p4', 'p5'],
                head=dict(type='mmseg.FPNHead', channels=64, norm_cfg=dict(type='BN')),
            )
        )
    ),
    branches=dict(dec=dict(level='out')),
)
train_cfg = dict(max_epochs=20)
