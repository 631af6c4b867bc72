# The frame of a depth model: give it a backbone and a decode_head. What is padded is unknown depth, 0, not 255 metres.
# Tested as the mean of the picture's and its mirrored self's depth; windows of 4096 pixels are whole pictures.
model = dict(
    type='DepthEstimator',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=0,
        size_divisor=32,
        test_cfg=dict(size_divisor=32),
    ),
    train_cfg=dict(),
    test_cfg=dict(mode='slide_flip', crop_size=(4096, 4096), stride=(4096, 4096)),
)
