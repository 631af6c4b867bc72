_base_ = ['../_base_/models/fcn_r50-d8.py', '../_base_/protocols/ade20k_80k.py']
model = dict(
    data_preprocessor=dict(size=_base_.crop_size),
    decode_head=dict(num_classes=150),
    auxiliary_head=dict(num_classes=150),
)
