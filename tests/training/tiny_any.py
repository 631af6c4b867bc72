# The smallest DeCon that draws at every place: views, colours, dropped channels. 8 images, 32 pixels.
_base_ = './tiny.py'
branch = _base_.branch
load, views, pack = _base_.train_dataloader.dataset.pipeline
model = dict(
    branches=dict(
        _delete_=True,
        enc=dict(level='c5', weight=0.5, **branch),
        dec_p4=dict(level='p4', weight=0.5, **branch),
    ),
)
train_dataloader = dict(
    batch_size=3,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(indices=8, pipeline=[load, dict(views, size=32), pack]),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=2),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=2),
]
