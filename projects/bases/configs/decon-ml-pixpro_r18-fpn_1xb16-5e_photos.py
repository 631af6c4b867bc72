_base_ = ['./pixpro_r18_1xb16-5e_photos.py', './_base_/decon_ml.py']
model = dict(
    alpha=0.5,
    network=dict(decoder=_base_.decoder),
    branches=dict(dec=dict(_base_.model.branches.enc, level=_base_.levels)),
)
