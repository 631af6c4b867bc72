# Swin-L x ConvNeXt-L. Weights: ImageNet-22k on both sides (the paper does not say which).
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
            drop_path_rate=0.3,
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
            arch='large',
            out_indices=(0, 1, 2, 3),
            gap_before_final_norm=False,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmclassification/v0/convnext/convnext-large_3rdparty_in21k_20220124-41b5a79f.pth',
                prefix='backbone',
            ),
        ),
    ),
    channels=[192, 384, 768, 1536],
)
# Learning rates fall by a tenth from stage to stage towards the image, on each side.
stage_rates = {
    'backbone.encoder.patch_embed': dict(lr_mult=0.9**4),
    **{f'backbone.encoder.stages.{i}.': dict(lr_mult=0.9 ** (3 - i)) for i in range(4)},
    **{f'neck.classifier.downsample_layers.{i}.': dict(lr_mult=0.9 ** (4 - i)) for i in range(4)},
    **{f'neck.classifier.stages.{i}.': dict(lr_mult=0.9 ** (3 - i)) for i in range(4)},
}
