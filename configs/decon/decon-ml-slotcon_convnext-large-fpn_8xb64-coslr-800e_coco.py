_base_ = './decon-ml-slotcon_convnext-tiny-fpn_8xb64-coslr-800e_coco.py'
model = dict(network=dict(encoder=dict(arch='large')))
