# Your own images, on one GPU: --cfg-options train_dataloader.dataset.folders=/path/to/images
_base_ = [
    '../_base_/networks/r18.py',
    '../_base_/branches/densecl_small.py',
    '../_base_/datasets/folder.py',
    '../_base_/datasets/moco_photometrics.py',
    '../_base_/schedules/sgd_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    momentum=_base_.momentum,
    network=dict(encoder=dict(zero_init_residual=False)),
    branches=dict(enc=dict(_base_.branch, level='c5')),
)
train_dataloader = dict(batch_size=64, dataset=dict(pipeline=_base_.moco_pipeline))
train_cfg = dict(max_epochs=200)
auto_scale_lr = dict(enable=True)
