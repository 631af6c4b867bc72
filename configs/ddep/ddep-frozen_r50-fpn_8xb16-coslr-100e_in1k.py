# The encoder as trained on ImageNet, frozen; its FPN learns to find noise at p2. Two views an image, hence 256 crops.
_base_ = [
    '../_base_/networks/r50_fpn.py',
    '../_base_/branches/ddep.py',
    '../_base_/datasets/imagenet.py',
    '../_base_/schedules/adam_coslr_ddep.py',
    '../_base_/default_runtime.py',
]
weights = 'https://mmassets.onedl.ai/mmclassification/v0/resnet/resnet50_8xb32_in1k_20210831-ea4938fc.pth'
pipeline = _base_.train_dataloader.dataset.pipeline
model = dict(
    network=dict(
        freeze_encoder=True, encoder=dict(init_cfg=dict(type='Pretrained', checkpoint=weights, prefix='backbone'))
    ),
    branches=dict(dec=dict(_base_.branch, level='p2')),
    noise=_base_.noise,
    shared=True,
)
train_dataloader = dict(
    batch_size=16,
    dataset=dict(pipeline=[pipeline[0], dict(pipeline[1], min_overlap=None, photometric=[[], []]), pipeline[2]]),
)
train_cfg = dict(max_epochs=100)
auto_scale_lr = dict(base_batch_size=128)
