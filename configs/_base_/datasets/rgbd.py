# RGB and depth in one file of four channels of 16 bits. nodata=0 would leave out black pixels, too: mark what has no
# depth by a value that no colour has.
# A config sets
#   model = dict(data_preprocessor=_base_.normalisation, network=dict(encoder=dict(in_channels=4)))
# Below, the range of values becomes 0..1; `python tools/pixel_statistics.py FOLDER --raster` finds your means.
_base_ = ['./raster_views.py', './rgbd_photometrics.py']
normalisation = dict(mean=[0.0] * 4, std=[65535.0] * 4, bgr_to_rgb=False)
train_dataloader = dict(
    dataset=dict(
        type='mmdecon.RasterFolder',
        folders='data/rgbd',
        pipeline=[
            dict(type='mmdecon.LoadRaster', channels=4, value_range=(0, 65535), late=True),
            dict(_base_.two_views, photometric=[_base_.rgbd_photometric] * 2),
            dict(type='mmdecon.PackViews'),
        ],
    )
)
