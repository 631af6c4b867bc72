# ResNet, not mmseg's usual ResNetV1c: its stem is that of the pre-training configs without "v1c" in their name.
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
    ),
    backbone=dict(type='ResNet', depth=50, norm_cfg=dict(type='SyncBN'), contract_dilation=True),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
