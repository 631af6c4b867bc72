_base_ = './r50_fpn.py'
model = dict(
    network=dict(
        encoder=dict(
            _delete_=True,
            type='mmpretrain.ConvNeXt',
            arch='tiny',
            out_indices=(0, 1, 2, 3),
            gap_before_final_norm=False,
        )
    )
)
