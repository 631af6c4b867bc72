# With the instance branch: another projector, which sees the image as a whole, and a predictor, as in BYOL.
_base_ = './pixpro_r50_8xb128-coslr-100e_in1k.py'
instance_weight = 1.0  # not published: the released scripts switch the branch off
norm_cfg = dict(type='mmdecon.SyncBN')
model = dict(
    branches=dict(
        instance=dict(
            level='c5',
            weight=instance_weight,
            head=dict(type='mmdecon.VectorHead', hidden_channels=4096, out_channels=256, norm_cfg=norm_cfg),
            objective=dict(type='mmdecon.VectorPrediction', hidden_channels=4096, norm_cfg=norm_cfg),
        )
    )
)
