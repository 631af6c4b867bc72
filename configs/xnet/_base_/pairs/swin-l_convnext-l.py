# Swin-L x ConvNeXt-L. Weights: ImageNet-22k on both sides (the paper does not say which).
_base_ = './swin-l.py'
classifier = dict(
    arch='large',
    init_cfg=dict(
        checkpoint='https://download.openmmlab.com/mmclassification/v0/convnext/convnext-large_3rdparty_in21k_20220124-41b5a79f.pth',
    ),
)
pair = dict(
    backbone=dict(encoder=dict(drop_path_rate=0.3)), neck=dict(classifier=classifier), channels=[192, 384, 768, 1536]
)
# Learning rates fall by a tenth from stage to stage towards the image, on each side.
stage_rates = {
    'backbone.encoder.patch_embed': dict(lr_mult=0.9**4),
    **{f'backbone.encoder.stages.{i}.': dict(lr_mult=0.9 ** (3 - i)) for i in range(4)},
    **{f'neck.classifier.downsample_layers.{i}.': dict(lr_mult=0.9 ** (4 - i)) for i in range(4)},
    **{f'neck.classifier.stages.{i}.': dict(lr_mult=0.9 ** (3 - i)) for i in range(4)},
}
