# Each process holds a share of all parameters, teachers, gradients and moments; a block is put together while it runs.
_base_ = ['./decon-ml-slotcon_convnext-small-fpn_8xb64-coslr-800e_coco.py', '../_base_/scale/fsdp.py']
model = dict(network=dict(encoder=dict(arch='large')))
strategy = dict(units=['encoder.stages.*.*', 'decoder.fpn'])
