# COCO's instances as regions, the ceiling of what masks can do.
_base_ = './detcon-b_r50_8xb64-coslr-800e_coco-fh.py'
train_dataloader = dict(
    dataset=dict(
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(type='mmdecon.LoadRegions', store='data/coco/train2017_instances.regions'),
            *_base_.train_dataloader.dataset.pipeline[2:],
        ]
    )
)
