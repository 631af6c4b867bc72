# DDeP's recipe: Adam at 1e-4 for 256 images, one cosine. A config adds the length of the run, train_cfg.max_epochs.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
auto_scale_lr = dict(base_batch_size=256)
param_scheduler = [dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, convert_to_iter_based=True)]
train_cfg = dict(type='EpochBasedTrainLoop')
