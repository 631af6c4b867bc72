# Fits mmseg's upernet_r50_* configs, whose stem has three convolutions.
_base_ = './decon-sl-slotcon_r50-uperhead_8xb64-coslr-800e_coco.py'
model = dict(network=dict(encoder=dict(type='mmpretrain.ResNetV1c')))
