# Views of 512 pixels.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            *_base_.train_dataloader.dataset.pipeline[:2],
            dict(_base_.train_dataloader.dataset.pipeline[2], size=512),
            _base_.train_dataloader.dataset.pipeline[3],
        ]
    )
)
