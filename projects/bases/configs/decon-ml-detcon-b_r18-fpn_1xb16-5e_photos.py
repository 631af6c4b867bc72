_base_ = './detcon-b_r18_1xb16-5e_photos.py'
alpha, levels = 0.5, ('p2', 'p3', 'p4', 'p5')
model = dict(
    network=dict(
        decoder=dict(
            fpn=dict(
                type='mmdecon.NeckDecoder',
                channel_dropout=0.5,
                neck=dict(type='mmseg.FPN', out_channels=128, norm_cfg=dict(type='mmdecon.SyncBN')),
            )
        )
    ),
    branches=dict(
        enc=dict(weight=alpha),
        **{f'dec_{p}': dict(_base_.model.branches.enc, level=p, weight=(1 - alpha) / len(levels)) for p in levels},
    ),
)
