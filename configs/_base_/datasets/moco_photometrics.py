# MoCo v2's two views, which are DenseCL's too: crops independent of each other, and the same colours for both. A config
# sets train_dataloader.dataset.pipeline=_base_.moco_pipeline.
# Differs from the original: the view is mirrored before its colours change, which comes to the same; arithmetic and
# decoding as in byol_photometrics.py and two_views.py.
moco_photometric = [
    dict(
        type='mmdecon.Photometrics',
        brightness=0.4,
        contrast=0.4,
        saturation=0.4,
        hue=0.1,
        jitter_prob=0.8,
        grey_prob=0.2,
        blur_prob=0.5,
        blur_sigma=(0.1, 2.0),
    )
]
moco_pipeline = [
    dict(type='mmdecon.LoadImage', late=True),
    dict(
        type='mmdecon.TwoViews',
        size=224,
        scale=(0.2, 1.0),
        interpolation='bilinear',
        min_overlap=None,
        photometric=[moco_photometric, moco_photometric],
    ),
    dict(type='mmdecon.PackViews'),
]
