_base_ = ['./_base_/r18.py', './_base_/kitchen.py']
model = dict(_base_.xnet, decode_head=dict(_base_.heads.pyramid, in_channels=_base_.pair.channels))
