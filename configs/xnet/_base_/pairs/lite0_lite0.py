# EfficientNet-lite0 x EfficientNet-lite0, trained on ImageNet; the README says where to get the file.
# Its normalisation is (x - 127) / 128. `plain` is the encoder with four maps, for other decoders.
lite0 = dict(
    type='mmdecon.TIMMBackbone',
    model_name='tf_efficientnet_lite0',
    features_only=True,
    init_cfg=dict(type='Pretrained', checkpoint='work_dirs/lite0.pth'),
)
plain = dict(lite0, out_indices=(1, 2, 3, 4))
pair = dict(
    data_preprocessor=dict(mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]),
    backbone=dict(type='mmdecon.WithImage', encoder=dict(lite0, out_indices=(4,))),
    neck=dict(type='mmdecon.XNet', in_channels=[3, 320], classifier=plain),
    channels=[24, 40, 112, 320],
)
