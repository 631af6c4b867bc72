# The decoder's classifier starts from chance, as mmpretrain starts it.
_base_ = './xnet_r18-r18_1xb8-600_kitchen-240x320.py'
start = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']),
]
model = dict(neck=dict(classifier=dict(init_cfg=start)))
