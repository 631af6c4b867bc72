# Both sides of an xNet start from a short contrastive run of our own, no classifier: see the README.
_base_ = '../../../../configs/xnet/_base_/pairs/r18_r18.py'
weights = dict(type='Pretrained', checkpoint='work_dirs/xnet/r18-r18.pth')
encoder = dict(_base_.pair.backbone.encoder, init_cfg=dict(weights, prefix='backbone.encoder'))
classifier = dict(_base_.pair.neck.classifier, init_cfg=dict(weights, prefix='neck.classifier'))
xnet = dict(
    data_preprocessor=_base_.pair.data_preprocessor,
    backbone=dict(_base_.pair.backbone, encoder=encoder),
    neck=dict(_base_.pair.neck, classifier=classifier),
)
# As mmpretrain initialises a ResNet.
random_start = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
]
