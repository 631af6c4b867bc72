_base_ = [
    '../_base_/networks/r50.py',
    '../_base_/branches/densecl.py',
    '../_base_/datasets/imagenet.py',
    '../_base_/datasets/moco_photometrics.py',
    '../_base_/schedules/sgd_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    momentum=_base_.momentum,
    network=dict(encoder=dict(zero_init_residual=False)),
    branches=dict(enc=dict(_base_.branch, level='c5')),
)
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=_base_.moco_pipeline))
optim_wrapper = dict(optimizer=dict(lr=0.03))
train_cfg = dict(max_epochs=200)
