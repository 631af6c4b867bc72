# The encoder by SlotCon, the decoder by PixPro.
_base_ = './decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py'
model = dict(
    branches=dict(
        dec=dict(
            head=dict(
                _delete_=True,
                type='mmdecon.MapHead',
                hidden_channels=4096,
                out_channels=256,
                grid=14,
                norm_cfg=dict(type='mmdecon.SyncBN'),
            ),
            objective=dict(_delete_=True, type='mmdecon.PixProObjective'),
        )
    )
)
