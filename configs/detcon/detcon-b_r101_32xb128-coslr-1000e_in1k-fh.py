_base_ = './detcon-b_r50_32xb128-coslr-1000e_in1k-fh.py'
model = dict(network=dict(encoder=dict(depth=101)))
