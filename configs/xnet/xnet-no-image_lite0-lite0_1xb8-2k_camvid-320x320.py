# The decoder sees the enlarged map alone.
_base_ = './xnet_lite0-lite0_1xb8-2k_camvid-320x320.py'
model = dict(neck=dict(combine='none'))
