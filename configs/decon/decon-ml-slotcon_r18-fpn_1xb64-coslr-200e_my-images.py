# Your own images, on one GPU: --cfg-options train_dataloader.dataset.folders=/path/to/images
_base_ = [
    '../_base_/networks/r18_fpn.py',
    '../_base_/branches/slotcon_small.py',
    '../_base_/datasets/folder.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(
    alpha=0.5,
    branches=dict(enc=dict(_base_.branch, level='c5'), dec=dict(_base_.branch, level=['p2', 'p3', 'p4', 'p5'])),
)
train_cfg = dict(max_epochs=200)
auto_scale_lr = dict(enable=True)
