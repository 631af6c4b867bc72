# About as long as the exact one takes.
_base_ = './fast_r18-fpn_1xb8-2e_photos-96px.py'
train_cfg = dict(max_epochs=4)
