# Cells belong to regions by their share of its pixels (the paper's text), and means are true means.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
model = dict(branches=dict(enc=dict(sampler=dict(pooling='soft'), head=dict(min_area=1e-6))))
