# A simple feature pyramid: the last map of a ViT, of stride 16, becomes p2 to p5. mmseg's backbones do not give a map
# four times, so of this network the encoder alone can be exported; vit-base_uperhead.py fits mmseg as a whole.
_base_ = './r50.py'
model = dict(
    network=dict(
        encoder=dict(_delete_=True, type='mmpretrain.VisionTransformer', arch='base', img_size=224, out_type='featmap'),
        decoder=dict(
            pyramid=dict(
                type='mmdecon.NeckDecoder',
                inputs=['c4', 'c4', 'c4', 'c4'],
                neck=dict(type='mmseg.Feature2Pyramid', rescales=[4, 2, 1, 0.5], norm_cfg=dict(type='mmdecon.SyncBN')),
            )
        ),
    )
)
