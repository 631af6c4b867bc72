# ImageNet with the cells of a 5 x 5 grid as regions, made while loading.
_base_ = './imagenet.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(type='mmdecon.LoadRegions', generator=dict(type='mmdecon.Grid', n=5)),
            dict(_base_.train_dataloader.dataset.pipeline[1], min_overlap=None),
            _base_.train_dataloader.dataset.pipeline[2],
        ]
    )
)
