# DetCon's recipe for 1000 epochs: LARS, a base rate of 0.2 per 256 images, a hundredth of the run as warm-up, one
# cosine to 0. A config adds the length of the run.
# Differs from the original: as in lars_coslr.py; and the teacher, which moves after the step there, moves before the
# next one here, by that step's share. With it go model.momentum.start=0.996 for 1000 epochs, 0.99 for 300.
_base_ = './lars_coslr.py'
optim_wrapper = dict(optimizer=dict(lr=3.2, weight_decay=1.5e-6))
auto_scale_lr = dict(base_batch_size=4096)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=10, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=0, begin=10, by_epoch=True, convert_to_iter_based=True),
]
