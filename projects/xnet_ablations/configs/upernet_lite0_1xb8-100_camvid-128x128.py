# The rival: the same encoder, UPerNet, and about as many parameters as the xNet has.
_base_ = ['./_base_/lite0.py', './_base_/camvid.py']
model = dict(_base_.upernet, decode_head=dict(_base_.heads.uper, in_channels=_base_.pair.channels, channels=192))
