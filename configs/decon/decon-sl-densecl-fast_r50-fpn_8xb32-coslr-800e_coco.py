_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/densecl_fast.py',
    '../_base_/datasets/coco.py',
    '../_base_/datasets/moco_photometrics.py',
    '../_base_/schedules/sgd_coslr.py',
    '../_base_/default_runtime.py',
]
alpha = 0.5
model = dict(
    momentum=_base_.momentum,
    network=dict(encoder=dict(zero_init_residual=False)),
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha),
        dec=dict(_base_.fast_branch, level='p2', weight=1 - alpha),
    ),
)
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=_base_.moco_pipeline))
train_cfg = dict(max_epochs=800)
