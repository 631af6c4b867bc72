_base_ = ['./_base_/lite0.py', './_base_/camvid.py']
model = dict(_base_.xnet, decode_head=dict(_base_.heads.pyramid, in_channels=_base_.pair.channels))
