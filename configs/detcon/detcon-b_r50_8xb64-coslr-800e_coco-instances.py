# COCO's instances as regions: what masks can do at best. Images without any have weight 0. The store is made by
#   python tools/regions.py data/coco/train2017 data/coco/train2017_instances.regions --method human-coco --empty keep \
#       --options ann_file=data/coco/annotations/instances_train2017.json
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
