# Swin-L x ConvNeXt-B. Weights: ImageNet-22k on both sides (the paper does not say which).
_base_ = './swin-l.py'
classifier = dict(
    arch='base',
    init_cfg=dict(
        checkpoint='https://download.openmmlab.com/mmclassification/v0/convnext/convnext-base_3rdparty_in21k_20220124-13b83eec.pth',
    ),
)
pair = dict(neck=dict(classifier=classifier), channels=[128, 256, 512, 1024])
