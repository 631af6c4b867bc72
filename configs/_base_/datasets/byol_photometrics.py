# BYOL's two colour pipelines as SlotCon has them, for TwoViews(photometric=photometrics): the first view is always
# blurred, the second seldom, and at times solarised. Crop and flip are TwoViews's own.
# Differs from the original: mmcv's greyscale rounds down where Pillow rounds to nearest, one level of 255 at most. All
# else, the random order of the four colour changes included, equals torchvision on a Pillow image.
photometrics = [
    [
        dict(
            type='RandomApply',
            prob=0.8,
            transforms=[dict(type='mmpretrain.ColorJitter', brightness=0.4, contrast=0.4, saturation=0.2, hue=0.1)],
        ),
        dict(type='RandomGrayscale', prob=0.2, keep_channels=True, channel_weights=(0.114, 0.587, 0.299)),  # BGR
        dict(type='mmpretrain.GaussianBlur', magnitude_range=(0.1, 2.0), magnitude_std='inf', prob=blur),  # sigma
        dict(type='mmpretrain.Solarize', thr=128, prob=solarise),
    ]
    for blur, solarise in ((1.0, 0.0), (0.1, 0.2))
]
