# Five epochs of small batches, for a look at a loss; a rate that any base bears.
optim_wrapper = dict(
    type='OptimWrapper',
    constructor='mmdecon.SkipVectors',
    optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.05),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=1, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=0, begin=1, by_epoch=True, convert_to_iter_based=True),
]
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=5)
