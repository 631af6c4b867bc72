# Any images, with Felzenszwalb-Huttenlocher regions made while loading. Loading is faster from a store, made by
#   python tools/regions.py /path/to/images images.regions --method felzenszwalb
# and read by dict(type='mmdecon.LoadRegions', store='images.regions').
_base_ = './folder.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(type='mmdecon.LoadRegions', generator=dict(type='mmdecon.Felzenszwalb', scale=1000, min_size=1000)),
            dict(_base_.train_dataloader.dataset.pipeline[1], min_overlap=None),
            _base_.train_dataloader.dataset.pipeline[2],
        ]
    )
)
