# The authors' GWFSS challenge entry, first of two stages: the decoder alone, on an encoder of ImageNet-1K.
# Differs from the original: slots and views, which are not published, are those of SlotCon on COCO.
_base_ = [
    '../_base_/networks/convnext-large_fpn.py',
    '../_base_/branches/slotcon.py',
    '../_base_/datasets/folder.py',
    '../_base_/schedules/adamw_coslr.py',
    '../_base_/default_runtime.py',
]
weights = (
    'https://mmassets.onedl.ai/mmclassification/v0/convnext/convnext-large_3rdparty_64xb64_in1k_20220124-f8a0ded0.pth'
)
model = dict(
    network=dict(
        freeze_encoder=True,
        encoder=dict(init_cfg=dict(type='Pretrained', checkpoint=weights, prefix='backbone')),
        decoder=dict(fpn=dict(channel_dropout=0.5)),
    ),
    branches=dict(dec=dict(_base_.branch, level=['p2', 'p3', 'p4', 'p5'])),
)
train_dataloader = dict(batch_size=28, dataset=dict(folders='data/gwfss/unlabelled'))
train_cfg = dict(max_epochs=50)
auto_scale_lr = dict(enable=True)  # 1.75e-4 for 224 images a step
