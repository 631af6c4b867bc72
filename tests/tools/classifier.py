"""A small real config of mmpretrain: LeNet-5 on images of two classes."""

default_scope = 'mmpretrain'
pipeline = [
    dict(type='LoadImageFromFile', color_type='grayscale'),
    dict(type='Resize', scale=(32, 32)),
    dict(type='PackInputs'),
]
model = dict(
    type='ImageClassifier',
    backbone=dict(type='LeNet5', num_classes=2),
    head=dict(type='ClsHead', loss=dict(type='CrossEntropyLoss')),
    data_preprocessor=dict(mean=[127.5], std=[64.0], num_classes=2),
)
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='CustomDataset', data_root='SET ME', pipeline=pipeline),
)
test_dataloader = dict(train_dataloader, sampler=dict(type='DefaultSampler', shuffle=False))
test_evaluator = dict(type='Accuracy', topk=(1,))
test_cfg = dict()
train_cfg = dict(by_epoch=False, max_iters=2)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))
auto_scale_lr = dict(base_batch_size=8)
default_hooks = dict(
    checkpoint=dict(type='CheckpointHook', interval=2, by_epoch=False), logger=dict(type='LoggerHook', interval=1)
)
randomness = dict(seed=0)
