# The decoder of mmseg's FPN configs: an FPN without norm and the head that sums its levels.
_base_ = './r50_fpn_plain.py'
model = dict(
    network=dict(
        decoder=dict(
            head=dict(
                type='mmdecon.SegHeadDecoder',
                inputs=['p2', 'p3', 'p4', 'p5'],
                head=dict(type='mmseg.FPNHead', channels=128, norm_cfg=dict(type='mmdecon.SyncBN')),
            )
        )
    )
)
