# What the heads of both tasks share. A task adds its type and its targets, a config the channels.
fpn_head = dict(in_index=[0, 1, 2, 3], feature_strides=[4, 8, 16, 32], norm_cfg=dict(type='BN'))
uper_head = dict(in_index=[0, 1, 2, 3], norm_cfg=dict(type='BN'))
