# The decoder's projectors and predictors have a quarter of the width. Regions are pooled from all cells.
_base_ = './decon-ml-detcon-b_r50-fpn_8xb64-coslr-800e_coco-fh.py'
model = dict(
    branches=dict(
        dec=dict(
            head=dict(hidden_channels=1024),
            objective=dict(hidden_channels=1024),
        )
    )
)
