# Any images, with Felzenszwalb-Huttenlocher regions made while loading; from a store, loading is faster:
#   python tools/regions.py /path/to/images images.regions --method felzenszwalb
#   --cfg-options train_dataloader.dataset.pipeline.1.store=images.regions train_dataloader.dataset.pipeline.1.generator=None
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
