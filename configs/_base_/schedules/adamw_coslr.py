# For ConvNeXt: a base rate of 2e-4 per 256 images; warm-up and cosine as for LARS.
_base_ = './lars_coslr.py'
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=4e-4, weight_decay=0.05))
