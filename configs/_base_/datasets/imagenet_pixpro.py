# PixPro's crops: independent of each other, resized bilinearly, 128 a GPU.
_base_ = './imagenet.py'
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(_base_.train_dataloader.dataset.pipeline[1], min_overlap=None, interpolation='bilinear'),
            _base_.train_dataloader.dataset.pipeline[2],
        ]
    ),
)
