# Both sides start from a short contrastive run of our own, no classifier: see the README.
_base_ = ['../../../configs/xnet/xnet_r18-r18_1xb8-2k_camvid-320x320.py', './_base_/camvid.py']
train_dataloader, val_dataloader = _base_.small.train_dataloader, _base_.small.val_dataloader
test_dataloader = val_dataloader
train_cfg, param_scheduler = _base_.small.train_cfg, _base_.small.param_scheduler
default_hooks = _base_.small.default_hooks
weights = dict(type='Pretrained', checkpoint='work_dirs/xnet/r18-r18.pth')
sides = dict(
    backbone=dict(encoder=dict(init_cfg=dict(weights, prefix='backbone.encoder'))),
    neck=dict(classifier=dict(init_cfg=dict(weights, prefix='neck.classifier'))),
)
model = dict(sides, data_preprocessor=_base_.small.data_preprocessor)
