# UPerNet for ViT as mmseg has it: the maps of four layers, all of stride 16, become a pyramid, p2 to p5, for the head.
_base_ = './r50_uperhead.py'
model = dict(
    network=dict(
        encoder=dict(
            _delete_=True,
            type='mmpretrain.VisionTransformer',
            arch='base',
            img_size=224,
            out_type='featmap',
            out_indices=(2, 5, 8, 11),
        ),
        level_names=['layer3', 'layer6', 'layer9', 'layer12'],
        decoder=dict(
            pyramid=dict(
                type='mmdecon.NeckDecoder',
                neck=dict(type='mmseg.Feature2Pyramid', rescales=[4, 2, 1, 0.5], norm_cfg=dict(type='mmdecon.SyncBN')),
            ),
            head=dict(inputs=['p2', 'p3', 'p4', 'p5']),
        ),
    )
)
