# The decoder sees the enlarged map alone.
_base_ = './xnet_lite0-lite0_1xb8-600_kitchen-240x320.py'
model = dict(neck=dict(combine='none'))
