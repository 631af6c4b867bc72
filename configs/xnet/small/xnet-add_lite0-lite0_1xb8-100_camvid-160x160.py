# The enlarged map is added to the image.
_base_ = './xnet_lite0-lite0_1xb8-100_camvid-160x160.py'
model = dict(neck=dict(combine='add'))
