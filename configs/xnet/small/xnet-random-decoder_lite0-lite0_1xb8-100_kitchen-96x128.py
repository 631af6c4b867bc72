# The decoder's classifier starts from chance, as timm starts it; the encoder does not.
_base_ = './xnet_lite0-lite0_1xb8-100_kitchen-96x128.py'
model = dict(neck=dict(classifier=dict(init_cfg=None)))
