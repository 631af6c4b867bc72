# DINOv2-L x ConvNeXtV2-B. 32 pixels are 28 to the encoder: two patches, averaged to one cell.
pair = dict(
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
    backbone=dict(
        type='mmdecon.WithImage',
        cell=28,
        encoder=dict(
            type='mmpretrain.VisionTransformer',
            arch='large',
            img_size=518,
            patch_size=14,
            layer_scale_init_value=1e-5,
            out_type='featmap',
            drop_path_rate=0.0,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmpretrain/v1.0/dinov2/vit-large-p14_dinov2-pre_3rdparty_20230426-f3302d9e.pth',
                prefix='backbone',
            ),
        ),
    ),
    neck=dict(
        type='mmdecon.XNet',
        in_channels=[3, 1024],
        classifier=dict(
            type='mmpretrain.ConvNeXt',
            arch='base',
            out_indices=(0, 1, 2, 3),
            gap_before_final_norm=False,
            use_grn=True,
            layer_scale_init_value=0.0,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='https://download.openmmlab.com/mmclassification/v0/convnext-v2/convnext-v2-base_fcmae-in21k-pre_3rdparty_in1k_20230104-c48d16a5.pth',
                prefix='backbone',
            ),
        ),
    ),
    channels=[128, 256, 512, 1024],
)
