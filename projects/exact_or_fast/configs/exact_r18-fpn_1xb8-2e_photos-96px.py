_base_ = './_base_/r18_fpn_96px.py'
train_cfg = dict(max_epochs=2)
