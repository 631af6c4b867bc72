# Narrower projectors, and queues that do not outgrow a few thousand images; for one GPU. At most 14 x 14 cells are
# compared, averages of finer levels' cells.
_base_ = './densecl.py'
branch = dict(head=dict(hidden_channels=512, grid=14), objective=dict(queue_length=4096))
