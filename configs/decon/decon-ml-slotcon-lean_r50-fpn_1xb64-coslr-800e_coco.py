# The same numbers in less memory, in one process; train with --auto-scale-lr.
_base_ = './decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py'
custom_hooks = [*_base_.custom_hooks, dict(type='mmdecon.Recompute', modules='network.student.encoder.layer*')]
