# The recipe of 300 epochs of ImageNet for 512 images a step, as on COCO, whose published rate could not be obtained.
_base_ = './lars_coslr_detcon_300e.py'
optim_wrapper = dict(optimizer=dict(lr=0.6))
auto_scale_lr = dict(base_batch_size=512)
