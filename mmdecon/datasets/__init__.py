"""Datasets and transforms: from image files to batches of views."""

from ..images.errors import UnreadableImage
from ..images.load_image import LoadImage
from ..images.raster import LoadRaster
from .depth_folder import DepthFolder
from .depth_loading import LoadDepth, UnusableDepth
from .depth_transforms import KBCrop, MaskDepth, RandomGamma
from .draws import SeededDraws
from .image_folder import ImageFolder
from .load_regions import LoadRegions
from .pack_views import PackViews
from .photometrics import Photometrics
from .pixel_photometrics import PixelPhotometrics
from .raster_folder import RasterFolder
from .sampler import EndlessViewSampler, ViewSampler
from .shards import ShardedImages
from .two_view import TwoViews

__all__ = [
    'DepthFolder',
    'EndlessViewSampler',
    'ImageFolder',
    'KBCrop',
    'LoadDepth',
    'LoadImage',
    'LoadRaster',
    'LoadRegions',
    'MaskDepth',
    'PackViews',
    'Photometrics',
    'PixelPhotometrics',
    'RandomGamma',
    'RasterFolder',
    'SeededDraws',
    'ShardedImages',
    'TwoViews',
    'UnreadableImage',
    'UnusableDepth',
    'ViewSampler',
]
