# Fits mmseg's fcn_r50-d8_* configs, whose stem has three convolutions.
_base_ = './decon-sl-slotcon_r50-fcn512_8xb64-coslr-800e_coco.py'
model = dict(network=dict(encoder=dict(type='mmpretrain.ResNetV1c')))
