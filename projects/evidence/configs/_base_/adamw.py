# 594 steps of 16 images: 6 epochs, one of them warm-up, at twice the rate.
_base_ = '../../../_base_/adamw_5e.py'
optim_wrapper = dict(optimizer=dict(lr=1e-3))
train_cfg = dict(max_epochs=6)
