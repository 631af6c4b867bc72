# The enlarged map is added to the image.
_base_ = './xnet_lite0-lite0_1xb8-100_camvid-128x128.py'
model = dict(neck=dict(combine='add'))
