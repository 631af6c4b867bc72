# Regions of three scales at once: a plane for each, and draws from all of them. The store is made by
#   python tools/regions.py data/coco/train2017 data/coco/train2017_felzenszwalb-scales.regions --method felzenszwalb \
#       --options scale=500,1000,2000
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(type='mmdecon.LoadRegions', store='data/coco/train2017_felzenszwalb-scales.regions'),
            *_base_.train_dataloader.dataset.pipeline[2:],
        ]
    )
)
