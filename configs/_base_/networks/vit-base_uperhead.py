# A ViT's one map, of stride 16, becomes a simple feature pyramid, p2 to p5, as in mmseg's UPerNet for ViT, which reads
# one layer's map four times here.
_base_ = './r50.py'
model = dict(
    network=dict(
        encoder=dict(
            _delete_=True, type='mmpretrain.VisionTransformer', arch='base', img_size=224, out_type='featmap'
        ),
        decoder=dict(
            pyramid=dict(
                type='mmdecon.NeckDecoder',
                inputs=['c4', 'c4', 'c4', 'c4'],
                neck=dict(type='mmseg.Feature2Pyramid', rescales=[4, 2, 1, 0.5], norm_cfg=dict(type='mmdecon.SyncBN')),
            ),
            head=dict(
                type='mmdecon.SegHeadDecoder',
                inputs=['p2', 'p3', 'p4', 'p5'],
                head=dict(
                    type='mmseg.UPerHead',
                    channels=512,
                    pool_scales=(1, 2, 3, 6),
                    norm_cfg=dict(type='mmdecon.SyncBN'),
                ),
            ),
        ),
    )
)
