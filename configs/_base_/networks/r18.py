_base_ = './r50.py'
model = dict(network=dict(encoder=dict(depth=18)))
