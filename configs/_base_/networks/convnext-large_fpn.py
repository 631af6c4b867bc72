_base_ = './convnext-tiny_fpn.py'
model = dict(network=dict(encoder=dict(arch='large')))
