# The enlarged map is added to the image, times a learnt number for each colour.
_base_ = './xnet_lite0-lite0_1xb8-2k_camvid-320x320.py'
model = dict(neck=dict(combine='gate'))
