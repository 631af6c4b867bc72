_base_ = './r50_fpn.py'
model = dict(network=dict(encoder=dict(type='mmpretrain.ResNeXt', groups=32, width_per_group=4)))
