# Micrographs of two channels (two stains) and 16 bits; planes of a stack are images of their own.
# A config sets
#   model = dict(data_preprocessor=_base_.normalisation, network=dict(encoder=dict(in_channels=2)))
# Below, the range of values becomes 0..1; `python tools/pixel_statistics.py FOLDER --raster` finds your means.
_base_ = ['./raster_views.py', './microscopy_photometrics.py']
normalisation = dict(mean=[0.0] * 2, std=[65535.0] * 2, bgr_to_rgb=False)
train_dataloader = dict(
    dataset=dict(
        type='mmdecon.RasterFolder',
        folders='data/micrographs',
        pipeline=[
            dict(type='mmdecon.LoadRaster', channels=2, value_range=(0, 65535), late=True),
            dict(_base_.two_views, photometric=[_base_.microscopy_photometric] * 2),
            dict(type='mmdecon.PackViews'),
        ],
    )
)
