_base_ = './decon-ml-densecl_r50-fpn_8xb32-coslr-800e_coco.py'
model = dict(network=dict(decoder=dict(fpn=dict(channel_dropout=0.0))), branches=dict(dec=dict(level='p2')))
