# The decoder of mmseg's UPerNet configs.
_base_ = './r50.py'
model = dict(
    network=dict(
        decoder=dict(
            head=dict(
                type='mmdecon.SegHeadDecoder',
                inputs=['c2', 'c3', 'c4', 'c5'],
                head=dict(
                    type='mmseg.UPerHead',
                    channels=512,
                    pool_scales=(1, 2, 3, 6),
                    norm_cfg=dict(type='mmdecon.SyncBN'),
                ),
            )
        )
    )
)
