# For 1024 images a step, as PixPro has it; the base rate of 1.0 per 256 images and all else are the same.
_base_ = './lars_coslr.py'
optim_wrapper = dict(optimizer=dict(lr=4.0))
auto_scale_lr = dict(base_batch_size=1024)
