# The same, with Felzenszwalb-Huttenlocher regions made while loading.
_base_ = './photos.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(type='mmdecon.LoadRegions', generator=dict(type='mmdecon.Felzenszwalb', scale=1000, min_size=1000)),
            *_base_.train_dataloader.dataset.pipeline[1:],
        ]
    )
)
