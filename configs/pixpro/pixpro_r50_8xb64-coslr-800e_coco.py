# PixPro was published for ImageNet: crops and schedule are SlotCon's for COCO, so that the two compare.
_base_ = [
    '../_base_/networks/r50.py',
    '../_base_/branches/pixpro.py',
    '../_base_/datasets/coco.py',
    '../_base_/schedules/lars_coslr.py',
    '../_base_/default_runtime.py',
]
model = dict(branches=dict(enc=dict(_base_.branch, level='c5')))
train_cfg = dict(max_epochs=800)
