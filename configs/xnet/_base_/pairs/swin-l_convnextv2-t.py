# Swin-L x ConvNeXtV2-T. Weights: ImageNet-22k on both sides (the paper does not say which).
_base_ = './swin-l.py'
classifier = dict(
    arch='tiny',
    use_grn=True,
    layer_scale_init_value=0.0,
    init_cfg=dict(
        checkpoint='https://download.openmmlab.com/mmclassification/v0/convnext-v2/convnext-v2-tiny_fcmae-in21k-pre_3rdparty_in1k_20230104-8cc8b8f2.pth',
    ),
)
pair = dict(neck=dict(classifier=classifier), channels=[96, 192, 384, 768])
