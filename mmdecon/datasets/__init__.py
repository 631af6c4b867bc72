"""From image files to batches of views."""

from .image_folder import ImageFolder
from .reading import LoadImage, UnreadableImage
from .regions import LoadRegions
from .sampler import ViewSampler
from .two_view import PackViews, TwoViews

__all__ = ['ImageFolder', 'LoadImage', 'LoadRegions', 'PackViews', 'TwoViews', 'UnreadableImage', 'ViewSampler']
