"""From image files to batches of views."""

from .image_folder import ImageFolder
from .reading import LoadImage, UnreadableImage
from .sampler import ViewSampler
from .two_view import PackViews, TwoViews

__all__ = ['ImageFolder', 'LoadImage', 'PackViews', 'TwoViews', 'UnreadableImage', 'ViewSampler']
