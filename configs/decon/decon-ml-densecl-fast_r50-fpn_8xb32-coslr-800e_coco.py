_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/densecl_fast.py',
    '../_base_/datasets/coco.py',
    '../_base_/datasets/moco_photometrics.py',
    '../_base_/schedules/sgd_coslr.py',
    '../_base_/default_runtime.py',
]
alpha, levels, channel_dropout = 0.5, ('p2', 'p3', 'p4', 'p5'), 0.5
model = dict(
    momentum=_base_.momentum,
    network=dict(encoder=dict(zero_init_residual=False), decoder=dict(fpn=dict(channel_dropout=channel_dropout))),
    branches=dict(
        enc=dict(_base_.branch, level='c5', weight=alpha),
        **{f'dec_{p}': dict(_base_.fast_branch, level=p, weight=(1 - alpha) / len(levels)) for p in levels},
    ),
)
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=_base_.moco_pipeline))
train_cfg = dict(max_epochs=800)
