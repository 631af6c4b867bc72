# The decoder of mmdet's RetinaNet configs: an FPN without norm that begins at c3, and the towers of RetinaHead.
_base_ = './r50.py'
model = dict(
    network=dict(
        decoder=dict(
            fpn=dict(
                type='mmdecon.NeckDecoder',
                neck=dict(type='mmseg.FPN', out_channels=256, start_level=1, add_extra_convs='on_input', num_outs=5),
            ),
            head=dict(
                type='mmdecon.DenseHeadDecoder',
                inputs=['p3', 'p4', 'p5', 'p6', 'p7'],
                head=dict(type='mmdet.RetinaHead', feat_channels=256),
            ),
        ),
        probe_size=128,
    )
)
