# A plain FPN head in place of the Post Feature Pyramid.
_base_ = ['./_base_/lite0.py', './_base_/camvid.py']
model = dict(_base_.xnet, decode_head=dict(_base_.heads.fpn, in_channels=_base_.pair.channels, channels=64))
