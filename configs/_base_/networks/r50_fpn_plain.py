# The FPN of mmdet's and mmseg's shipped configs: no norm.
_base_ = './r50.py'
model = dict(
    network=dict(decoder=dict(fpn=dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=256))))
)
