# BYOL's two colour pipelines as SlotCon has them, for TwoViews(photometric=photometrics): the first view is always
# blurred, the second seldom, and at times solarised. Crop and flip are TwoViews's own.
# Differs from the original: the same distributions, not Pillow's arithmetic to the last level (mmdecon.Photometrics).
photometrics = [
    [
        dict(
            type='mmdecon.Photometrics',
            brightness=0.4,
            contrast=0.4,
            saturation=0.2,
            hue=0.1,
            jitter_prob=0.8,
            grey_prob=0.2,
            blur_prob=blur,
            blur_sigma=(0.1, 2.0),
            solarise_prob=solarise,
        )
    ]
    for blur, solarise in ((1.0, 0.0), (0.1, 0.2))
]
