# Your own images, on one GPU: --cfg-options train_dataloader.dataset.folders=/path/to/images
_base_ = [
    '../_base_/networks/r18_fpn.py',
    '../_base_/branches/pixpro_small.py',
    '../_base_/datasets/folder.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
alpha, levels, grid = 0.5, ('p2', 'p3', 'p4', 'p5'), 14
decoder_branch = dict(_base_.branch, head=dict(_base_.branch.head, grid=grid), weight=(1 - alpha) / len(levels))
model = dict(
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha), **{f'dec_{p}': dict(decoder_branch, level=p) for p in levels}
    )
)
train_cfg = dict(max_epochs=200)
auto_scale_lr = dict(enable=True)
