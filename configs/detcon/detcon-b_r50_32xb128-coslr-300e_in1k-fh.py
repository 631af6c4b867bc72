_base_ = [
    '../_base_/networks/r50.py',
    '../_base_/branches/detcon_b.py',
    '../_base_/datasets/imagenet_fh.py',
    '../_base_/schedules/lars_coslr_detcon_300e.py',
    '../_base_/default_runtime.py',
]
model = dict(branches=dict(enc=dict(_base_.branch, level='c5')))
train_dataloader = dict(batch_size=128)
