# With mmseg's auxiliary head on the third stage.
_base_ = './r50.py'
model = dict(
    auxiliary_head=dict(
        type='FCNHead',
        in_channels=1024,
        in_index=2,
        channels=256,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0.1,
        norm_cfg=dict(type='SyncBN'),
        loss_decode=dict(type='CrossEntropyLoss', loss_weight=0.4),
    ),
)
