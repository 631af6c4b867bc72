# Maps smaller than a window are padded, so that views may have any size.
_base_ = './r50_fpn.py'
model = dict(
    network=dict(
        encoder=dict(
            _delete_=True,
            type='mmpretrain.SwinTransformer',
            arch='tiny',
            img_size=224,
            out_indices=(0, 1, 2, 3),
            pad_small_map=True,
        )
    )
)
