# A segmenter with an FPN of 128 channels, without norm, and a head of 64; give it a backbone, and the neck its
# in_channels.
channels, head_channels, norm = 128, 64, dict(type='BN')
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255,
        size=(128, 128),
        test_cfg=dict(size_divisor=32),
    ),
    neck=dict(type='FPN', out_channels=channels, num_outs=4),
    decode_head=dict(
        type='FPNHead',
        in_channels=[channels] * 4,
        in_index=[0, 1, 2, 3],
        feature_strides=[4, 8, 16, 32],
        channels=head_channels,
        dropout_ratio=0.1,
        num_classes=10,
        norm_cfg=norm,
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'),
)
