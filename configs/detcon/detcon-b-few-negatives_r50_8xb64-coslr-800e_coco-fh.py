# One negative from other images in 128.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
model = dict(branches=dict(enc=dict(objective=dict(negatives_divisor=128))))
