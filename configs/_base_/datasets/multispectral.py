# Multispectral scenes in tiles, of 13 bands of reflectance times 10,000 (Sentinel-2), brighter values clipped.
# Borders of scenes have tiles without any value, which weigh nothing.
# A config sets
#   model = dict(data_preprocessor=_base_.normalisation, network=dict(encoder=dict(in_channels=13)))
# Below, the range of values becomes 0..1; `python tools/pixel_statistics.py FOLDER --raster` finds your means.
_base_ = ['./raster_views.py', './multispectral_photometrics.py']
normalisation = dict(mean=[0.0] * 13, std=[10000.0] * 13, bgr_to_rgb=False)
train_dataloader = dict(
    dataset=dict(
        type='mmdecon.RasterFolder',
        folders='data/scenes',
        tile=1024,
        pipeline=[
            dict(type='mmdecon.LoadRaster', channels=13, value_range=(0, 10000), outside='clip', late=True),
            dict(_base_.two_views, photometric=[_base_.multispectral_photometric] * 2, empty='keep'),
            dict(type='mmdecon.PackViews'),
        ],
    )
)
