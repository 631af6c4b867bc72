_base_ = './r50_fpn.py'
model = dict(network=dict(encoder=dict(depth=18)))
