# Any model of timm (pip install timm) by its name there; out_indices are timm's, stride 2 first.
_base_ = './r50_fpn.py'
model = dict(
    network=dict(
        encoder=dict(
            _delete_=True,
            type='mmpretrain.TIMMBackbone',
            model_name='tf_efficientnet_lite0',
            features_only=True,
            out_indices=(1, 2, 3, 4),
        )
    )
)
