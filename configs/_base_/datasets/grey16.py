# Grey images of 12 bits, stored in 16.
# A config sets
#   model = dict(data_preprocessor=_base_.normalisation, network=dict(encoder=dict(in_channels=1)))
# Below, the range of values becomes 0..1; `python tools/pixel_statistics.py FOLDER --raster` finds your means.
_base_ = ['./raster_views.py', './grey16_photometrics.py']
normalisation = dict(mean=[0.0] * 1, std=[4095.0] * 1, bgr_to_rgb=False)
train_dataloader = dict(
    dataset=dict(
        type='mmdecon.RasterFolder',
        folders='data/grey',
        pipeline=[
            dict(type='mmdecon.LoadRaster', channels=1, value_range=(0, 4095), late=True),
            dict(_base_.two_views, photometric=[_base_.grey16_photometric] * 2),
            dict(type='mmdecon.PackViews'),
        ],
    )
)
