# The decoder's classifier starts from chance, as timm starts it.
_base_ = './xnet_lite0-lite0_1xb8-2k_camvid-320x320.py'
model = dict(neck=dict(classifier=dict(init_cfg=None)))
