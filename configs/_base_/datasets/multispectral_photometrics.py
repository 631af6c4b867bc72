# Scenes of satellites and aeroplanes: bands change by themselves (atmosphere, sensor), and some are missing.
# Strengths are parts of the range of values that LoadRaster tells (docs/pixels.md).
multispectral_photometric = [
    dict(
        type='mmdecon.PixelPhotometrics',
        brightness=0.1,
        contrast=0.4,
        per_channel=True,
        gamma_prob=0.3,
        blur_prob=0.3,
        noise=(0.0, 0.02),
        noise_prob=0.3,
        drop_prob=0.1,
    )
]
