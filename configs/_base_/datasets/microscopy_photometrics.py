# Micrographs: stains and lamps change each channel by itself, focus and photon noise all of them.
# Strengths are parts of the range of values that LoadRaster tells (docs/pixels.md).
microscopy_photometric = [
    dict(
        type='mmdecon.PixelPhotometrics',
        brightness=0.1,
        contrast=0.4,
        per_channel=True,
        gamma=(0.5, 2.0),
        gamma_prob=0.5,
        blur_prob=0.5,
        noise_prob=0.5,
    )
]
