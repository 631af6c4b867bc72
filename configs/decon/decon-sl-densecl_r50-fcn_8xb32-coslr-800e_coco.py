_base_ = [
    '../_base_/networks/r50_fcn.py',
    '../_base_/branches/densecl.py',
    '../_base_/datasets/coco.py',
    '../_base_/datasets/moco_photometrics.py',
    '../_base_/schedules/sgd_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    alpha=0.5,
    momentum=_base_.momentum,
    network=dict(encoder=dict(zero_init_residual=False)),
    branches=dict(enc=dict(_base_.branch, level='c5'), dec=dict(_base_.branch, level='out')),
)
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=_base_.moco_pipeline))
train_cfg = dict(max_epochs=800)
