# Colours and depth in four channels of one range: all change alike, and one of the four may be missing.
# Strengths are parts of the range of values that LoadRaster tells (docs/pixels.md).
rgbd_photometric = [
    dict(
        type='mmdecon.PixelPhotometrics',
        brightness=0.1,
        contrast=0.4,
        gamma_prob=0.3,
        blur_prob=0.3,
        noise=(0.0, 0.02),
        noise_prob=0.3,
        drop_prob=0.1,
    )
]
