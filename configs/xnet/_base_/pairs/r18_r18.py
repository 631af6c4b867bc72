# ResNet-18 x ResNet-18, from torchvision's weights.
start = dict(type='Pretrained', checkpoint='https://download.pytorch.org/models/resnet18-f37072fd.pth')
resnet = dict(type='mmpretrain.ResNet', depth=18, init_cfg=start)
pair = dict(
    data_preprocessor=dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375]),
    backbone=dict(type='mmdecon.WithImage', encoder=dict(resnet, out_indices=(3,))),
    neck=dict(type='mmdecon.XNet', in_channels=[3, 512], classifier=dict(resnet, out_indices=(0, 1, 2, 3))),
    channels=[64, 128, 256, 512],
)
