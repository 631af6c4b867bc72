# Positives within a single augmented view: each view is contrasted with itself.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
model = dict(branches=dict(enc=dict(pairs=((0, 0), (1, 1)))))
