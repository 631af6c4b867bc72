# DetCon's depth: the encoder's last map, and a deconvolution network that always starts from random initialisation.
_base_ = ['../_base_/models/depth_estimator.py', '../_base_/protocols/nyu_depth_encoders.py']
norm = dict(type='SyncBN')
model = dict(
    backbone=dict(type='ResNet', depth=50, norm_cfg=norm, out_indices=(3,)),
    decode_head=dict(
        type='mmdecon.UpProjectionDepthHead',
        max_depth=_base_.max_depth,
        in_channels=2048,
        in_index=0,
        widths=(512, 256, 128, 64),
        dropout_ratio=0,
        norm_cfg=norm,
        loss_decode=dict(type='mmdecon.BerHuLoss'),
    ),
)
