# The rival of decon-ml-slotcon-frozen on images of your own: same encoder, same FPN, a cheaper step.
#   --cfg-options train_dataloader.dataset.folders=/path/to/images model.network.encoder.init_cfg.checkpoint=FILE
_base_ = './ddep-frozen_r50-fpn_8xb16-coslr-100e_in1k.py'
train_dataloader = dict(batch_size=64, dataset=dict(data_root='', folders='data/images'))
auto_scale_lr = dict(enable=True)
