# Your own images, on one GPU: --cfg-options train_dataloader.dataset.folders=/path/to/images
_base_ = '../decon/decon-ml-slotcon_r18-fpn_1xb64-coslr-200e_my-images.py'
resnet = dict(type='mmpretrain.ResNet', depth=18, norm_cfg=dict(type='mmdecon.SyncBN'))
model = dict(
    network=dict(
        encoder=dict(_delete_=True, type='mmdecon.WithImage', encoder=dict(resnet, out_indices=(3,))),
        decoder=dict(
            _delete_=True,
            xnet=dict(
                type='mmdecon.NeckDecoder',
                inputs=['c0', 'c5'],
                prefix='d',
                neck=dict(type='mmdecon.XNet', classifier=dict(resnet, out_indices=(0, 1, 2, 3))),
            ),
        ),
    ),
    branches=dict(dec=dict(level=['d2', 'd3', 'd4', 'd5'])),
)
