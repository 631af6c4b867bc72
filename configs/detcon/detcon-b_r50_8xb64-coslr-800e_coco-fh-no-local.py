# The other regions of the same image are no negatives.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
model = dict(branches=dict(enc=dict(objective=dict(local_negatives=False))))
