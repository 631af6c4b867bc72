# SlotCon's recipe: LARS, a base rate of 1.0 per 256 images, 5 epochs of warm-up, one cosine to the end. A config adds
# the length of the run, train_cfg.max_epochs.
# Differs from the original: the rate reaches its base at the last iteration of the warm-up, one iteration early.
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='mmdecon.SkipVectors',
    optimizer=dict(type='mmpretrain.LARS', lr=2.0, momentum=0.9, weight_decay=1e-5),
)
auto_scale_lr = dict(base_batch_size=512)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=5, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=1e-6, begin=5, by_epoch=True, convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop')
