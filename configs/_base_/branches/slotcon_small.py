# Narrower projectors and predictors: a quarter of the published width, for one GPU.
_base_ = './slotcon.py'
branch = dict(head=dict(hidden_channels=1024), objective=dict(hidden_channels=1024))
