# 947 photos of three kinds (objects and rooms, single animals and things, streets), in small views.
_base_ = '../../configs/_base_/datasets/two_views.py'
train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    dataset=dict(
        data_root='data',
        folders=['coco_tiny/train2017', 'imagenet_sample_s256', 'camvid/img_dir/train'],
        pipeline=[
            _base_.train_dataloader.dataset.pipeline[0],
            dict(_base_.train_dataloader.dataset.pipeline[1], size=128),
            _base_.train_dataloader.dataset.pipeline[2],
        ],
    ),
)
