_base_ = ['../_base_/models/fcn_r50-d16.py', '../_base_/protocols/voc12aug_30k.py']
model = dict(data_preprocessor=dict(size=_base_.crop_size), decode_head=dict(num_classes=21))
