# The cells of a 5 x 5 grid as regions.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(type='mmdecon.LoadRegions', generator=dict(type='mmdecon.Grid', n=5)),
            *_base_.train_dataloader.dataset.pipeline[2:],
        ]
    )
)
