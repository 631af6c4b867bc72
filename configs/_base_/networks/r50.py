model = dict(
    type='mmdecon.DeCon',
    data_preprocessor=dict(type='mmdecon.ViewPreprocessor'),
    network=dict(
        type='mmdecon.Network',
        encoder=dict(
            type='mmpretrain.ResNet', depth=50, out_indices=(0, 1, 2, 3), norm_cfg=dict(type='mmdecon.SyncBN')
        ),
    ),
)
