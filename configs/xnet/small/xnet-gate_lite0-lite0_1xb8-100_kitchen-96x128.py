# The enlarged map is added through a gate.
_base_ = './xnet_lite0-lite0_1xb8-100_kitchen-96x128.py'
model = dict(neck=dict(combine='gate'))
