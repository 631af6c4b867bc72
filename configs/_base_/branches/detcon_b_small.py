# A narrower projector and predictor: a quarter of the published width, for one GPU.
_base_ = './detcon_b.py'
branch = dict(head=dict(hidden_channels=1024), objective=dict(hidden_channels=1024))
