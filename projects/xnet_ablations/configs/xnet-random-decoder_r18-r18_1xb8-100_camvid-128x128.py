# The decoder's classifier is initialised at random, as mmpretrain starts it; the encoder does not.
_base_ = './xnet_r18-r18_1xb8-100_camvid-128x128.py'
start = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
]
model = dict(neck=dict(classifier=dict(init_cfg=start)))
