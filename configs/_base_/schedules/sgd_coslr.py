# MoCo's recipe: SGD, no warm-up, one cosine to 0, a step an epoch. The rate is DenseCL's for COCO, 0.3 per 256 images;
# for ImageNet it is 0.03. A config adds the length of the run, train_cfg.max_epochs.
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.3, momentum=0.9, weight_decay=1e-4))
auto_scale_lr = dict(base_batch_size=256)
param_scheduler = [dict(type='CosineAnnealingLR', eta_min=0, begin=0, by_epoch=True)]
train_cfg = dict(type='EpochBasedTrainLoop')
