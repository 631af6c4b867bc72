# The rival: the same encoder, an FPN, and about as many parameters as the xNet has.
_base_ = ['./_base_/lite0.py', './_base_/kitchen.py']
model = dict(_base_.fpn, decode_head=dict(_base_.heads.fpn, in_channels=[256] * 4, channels=144))
