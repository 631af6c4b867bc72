"""Regions: where they come from, how they are kept, how good they are."""

from .base import RegionGenerator, check_image, check_regions, stack_planes
from .felzenszwalb import Felzenszwalb
from .grid import Grid
from .slic import Slic

__all__ = ['RegionGenerator', 'check_image', 'check_regions', 'stack_planes', 'Felzenszwalb', 'Grid', 'Slic']
