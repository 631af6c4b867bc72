_base_ = './r50_fpn.py'
model = dict(
    network=dict(encoder=dict(_delete_=True, type='mmpretrain.HRNet', arch='w18', norm_cfg=dict(type='mmdecon.SyncBN')))
)
