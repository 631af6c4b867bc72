# EfficientNet-lite0 from scratch, unless load_from holds one; normalised as the one trained on ImageNet.
_base_ = ['./_base_/fpn.py', './_base_/ccp.py']
model = dict(
    data_preprocessor=dict(mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]),
    backbone=dict(
        type='mmdecon.TIMMBackbone',
        model_name='tf_efficientnet_lite0',
        features_only=True,
        out_indices=(1, 2, 3, 4),
    ),
    neck=dict(in_channels=[24, 40, 112, 320]),
)
