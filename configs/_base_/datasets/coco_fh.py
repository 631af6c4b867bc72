# COCO with Felzenszwalb-Huttenlocher regions from a store, made once by
#   python tools/regions.py data/coco/train2017 data/coco/train2017_felzenszwalb.regions --method felzenszwalb
_base_ = './coco.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(type='mmdecon.LoadRegions', store='data/coco/train2017_felzenszwalb.regions'),
            dict(_base_.train_dataloader.dataset.pipeline[1], min_overlap=None),
            _base_.train_dataloader.dataset.pipeline[2],
        ]
    )
)
