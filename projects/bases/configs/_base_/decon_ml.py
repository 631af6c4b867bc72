decoder = dict(
    fpn=dict(
        type='mmdecon.NeckDecoder',
        channel_dropout=0.5,
        neck=dict(type='mmseg.FPN', out_channels=128, norm_cfg=dict(type='mmdecon.SyncBN')),
    )
)
levels = ['p2', 'p3', 'p4', 'p5']
