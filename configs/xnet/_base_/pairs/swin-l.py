# Swin-L as the encoder of a pair; the pair adds the decoder's classifier.
pair = dict(
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
    backbone=dict(
        type='mmdecon.WithImage',
        encoder=dict(
            type='mmpretrain.SwinTransformer',
            arch='large',
            img_size=384,
            stage_cfgs=dict(block_cfgs=dict(window_size=12)),
            pad_small_map=True,
            drop_path_rate=0.5,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmclassification/v0/swin-transformer/convert/swin-large_3rdparty_in21k-384px.pth',
                prefix='backbone',
            ),
        ),
    ),
    neck=dict(
        type='mmdecon.XNet',
        in_channels=[3, 1536],
        classifier=dict(
            type='mmpretrain.ConvNeXt',
            out_indices=(0, 1, 2, 3),
            gap_before_final_norm=False,
            init_cfg=dict(type='Pretrained', prefix='backbone'),
        ),
    ),
)
