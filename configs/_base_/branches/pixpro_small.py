# A narrower projector: a quarter of the published width, for one GPU.
_base_ = './pixpro.py'
branch = dict(head=dict(hidden_channels=1024))
