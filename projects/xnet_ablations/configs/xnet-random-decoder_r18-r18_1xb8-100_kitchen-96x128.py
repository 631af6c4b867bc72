# The decoder's classifier starts at random, the encoder does not.
_base_ = './xnet_r18-r18_1xb8-100_kitchen-96x128.py'
model = dict(neck=dict(classifier=dict(init_cfg=_base_.random_start)))
