# Your own images, on one GPU: --cfg-options train_dataloader.dataset.folders=/path/to/images
_base_ = [
    '../_base_/networks/r18_fpn.py',
    '../_base_/branches/densecl_small.py',
    '../_base_/datasets/folder.py',
    '../_base_/datasets/moco_photometrics.py',
    '../_base_/schedules/sgd_coslr.py',
    '../_base_/default_runtime.py',
]
alpha, levels = 0.5, ('p2', 'p3', 'p4', 'p5')
model = dict(
    momentum=_base_.momentum,
    network=dict(encoder=dict(zero_init_residual=False)),
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha),
        **{f'dec_{p}': dict(_base_.branch, level=p, weight=(1 - alpha) / len(levels)) for p in levels},
    ),
)
train_dataloader = dict(batch_size=64, dataset=dict(pipeline=_base_.moco_pipeline))
train_cfg = dict(max_epochs=200)
auto_scale_lr = dict(enable=True)
