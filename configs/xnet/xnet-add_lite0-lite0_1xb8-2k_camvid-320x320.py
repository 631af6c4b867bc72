# The enlarged map is added to the image.
_base_ = './xnet_lite0-lite0_1xb8-2k_camvid-320x320.py'
model = dict(neck=dict(combine='add'))
