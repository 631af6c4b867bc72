# DetCon's recipe for 300 epochs, as its PyTorch ports state it: a base rate of 0.3 per 256 images, 3 epochs of warm-up.
_base_ = './lars_coslr_detcon.py'
optim_wrapper = dict(optimizer=dict(lr=4.8, weight_decay=1e-6))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=3, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=0, begin=3, by_epoch=True, convert_to_iter_based=True),
]
train_cfg = dict(max_epochs=300)
