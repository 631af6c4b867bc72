# A small segmenter of cells, to be fine-tuned: ResNet-18, FPN and FPNHead, from scratch.
default_scope = 'mmseg'
norm_cfg = dict(type='BN')
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(type='SegDataPreProcessor', mean=[13.0] * 3, std=[20.0] * 3, bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, norm_cfg=norm_cfg),
    neck=dict(type='FPN', in_channels=[64, 128, 256, 512], out_channels=64, num_outs=4),
    decode_head=dict(
        type='FPNHead',
        in_channels=[64] * 4,
        in_index=[0, 1, 2, 3],
        feature_strides=[4, 8, 16, 32],
        channels=64,
        norm_cfg=norm_cfg,
        num_classes=2,
    ),
)
