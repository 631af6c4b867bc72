# EfficientNet-lite0 as trained on ImageNet, frozen, and an FPN without norm.
_base_ = '../../../../configs/_base_/networks/timm-efficientnet-lite0_fpn.py'
model = dict(
    data_preprocessor=dict(mean=[127.0] * 3, std=[128.0] * 3),  # of these weights
    network=dict(
        freeze_encoder=True,
        encoder=dict(init_cfg=dict(type='Pretrained', checkpoint='work_dirs/lite0.pth', ignore=['conv_head.', 'bn2.'])),
        decoder=dict(fpn=dict(neck=dict(out_channels=128, norm_cfg=None))),
    ),
)
