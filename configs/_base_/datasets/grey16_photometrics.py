# Grey images of industrial, thermal and X-ray cameras.
# Strengths are parts of the range of values that LoadRaster tells (docs/pixels.md).
grey16_photometric = [
    dict(
        type='mmdecon.PixelPhotometrics',
        brightness=0.2,
        contrast=0.4,
        gamma=(0.5, 2.0),
        gamma_prob=0.5,
        blur_prob=0.5,
        noise_prob=0.3,
    )
]
