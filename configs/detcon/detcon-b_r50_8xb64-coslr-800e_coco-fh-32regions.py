# Twice as many regions drawn of each view.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
model = dict(branches=dict(enc=dict(sampler=dict(num_regions=32))))
