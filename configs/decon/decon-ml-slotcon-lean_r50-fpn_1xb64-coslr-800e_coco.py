_base_ = ['decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py']
# the same numbers in three quarters of the memory, in one process; train with --auto-scale-lr
custom_hooks = [
    *_base_.custom_hooks,
    dict(type='mmdecon.Recompute', modules='network.student.encoder.layer*'),
    dict(type='mmdecon.TrimHeap'),
]
optim_wrapper = dict(type='mmdecon.StepInBackward')
