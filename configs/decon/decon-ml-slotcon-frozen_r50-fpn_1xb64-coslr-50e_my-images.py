# A good encoder, few labels, your own images, one GPU. First of two stages: the decoder alone.
#   --cfg-options train_dataloader.dataset.folders=/path/to/images model.network.encoder.init_cfg.checkpoint=FILE
_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/slotcon_small.py',
    '../_base_/datasets/folder.py',
    '../_base_/schedules/adamw_coslr.py',
    '../_base_/default_runtime.py',
]
weights = 'https://mmassets.onedl.ai/mmclassification/v0/resnet/resnet50_8xb32_in1k_20210831-ea4938fc.pth'
model = dict(
    network=dict(
        freeze_encoder=True,
        encoder=dict(init_cfg=dict(type='Pretrained', checkpoint=weights, prefix='backbone')),
        decoder=dict(fpn=dict(channel_dropout=0.5)),
    ),
    branches=dict(dec=dict(_base_.branch, level=['p2', 'p3', 'p4', 'p5'])),
)
train_cfg = dict(max_epochs=50)
auto_scale_lr = dict(enable=True)
